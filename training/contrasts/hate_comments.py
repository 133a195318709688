"""Comments as one finds them under posts: toxic and civil ones in several sentences, without a protected group.

A blank line ends a comment.
"""

from __future__ import annotations

TOXIC = """
Third time you've broken the page. Third! Are you doing it on purpose or are you truly that thick? Hands off, you
vandal, and take your smug little signature with you.

I read your profile. Forty, divorced, lives with his cat, tells everybody how to live. What a surprise. No wonder she
left you.

lol look who's back. the guy who cried for a week because somebody said mean things about his drawings. still ugly
drawings, still an ugly guy

You people at this newspaper are liars and cowards, every one of you, and I hope the building falls on your heads.

I've never seen such a bunch of brainless sheep as in this comment section. Go on, downvote me, it's all you can do.

As your former teacher I can confirm that you were a dim child, and I see that nothing has changed. Pitiful.

He cannot sing, he cannot act, he can hardly stand upright. The only talent this drunk ever had was for marrying money.

Congratulations on the new baby. Let's hope that it gets its looks from the postman and its brains from anybody else.

So you failed again? Shocking. Maybe quit, go home and let the people with a functioning head do this.

Hey mods, ban this parasite already. He poisons each thread with his drivel and he smells of basement through the screen.

I don't wish you harm. I just wish that you'd never been born, so that the rest of us could have nice things.

Are you always this slow or is it a special occasion? Explain it to the parrot, she'll get it before you do.

Poor thing, still thinks that her opinion matters. Somebody pat her on the head and take the keyboard away.

Next time you come to my neighbourhood, bring an ambulance with you. You'll need it, big mouth.

That referee is a blind, bribed, bald crook and somebody should wait for him in the car park.

Everything about you is fake: the hair, the degree, the smile. The stupidity is real though.

Keep posting your gym pictures, tubby, we all need a laugh in the morning.

You call this journalism? My toddler smears better stuff on the wall. Quit before someone throws you out, hack.
"""

CIVIL = """
Third time the page broke today. Third! I know it's nobody's fault on purpose, but could we please test the template
in the sandbox first?

I read your profile. Forty, divorced, lives with a cat: are you me? Hang in there, the second year gets easier.

lol look who's back, the guy who cried for a week when the bakery closed. good to see you, the new place has the same
buns

This newspaper got the numbers wrong twice this month, and I expect a correction on the same page, in the same size.

I've never seen a comment section so sure of itself. Go on, downvote me, I still think the bridge is a bad idea.

As your former teacher I can confirm that you never handed in anything on time, and I see nothing has changed. Proud of
you though.

He cannot sing any more, he can hardly stand, and still the hall was in tears. What a goodbye.

Congratulations on the new baby! Let's hope that it sleeps better than its brother, the little monster.

So you failed again? Me too, and it's horrible. Shall we work through the old exams together on Thursday?

Hey mods, could you look at this thread? Two people are calling each other names and it's getting out of hand.

I don't wish the company harm. I just wish that I'd never bought this phone, it's a brick with a ringtone.

Is it always this slow or is it a special occasion? I've watched the bar crawl to nine percent since noon.

Poor thing, she still thinks that the ball is under the couch. Somebody pat her on the head, she's the best dog.

Next time you come to my neighbourhood, bring an umbrella and an appetite. You'll need both, the market is huge.

That referee had an awful night, and the second yellow card was plain wrong. We still lost because we can't defend.

Everything about this watch is fake: the logo, the box, the leather. The seller refuses to pay me back.

Keep posting your gym pictures, you're the reason that I got off the sofa this morning.

You call this journalism? There's one source, unnamed, and the photo is from another year. Please do better.

Nope, we tried your way in March and it blew up in our faces. I'm not angry, I'm tired. Let's do it by the checklist.

I was an awful person that year. I lied to my friends, I drank, I said vile things to my brother. He forgave me.

The villain in this novel is a racist, a thief and a murderer, and it's to the author's credit that one understands him.

My neighbour's music is driving me insane. I've asked nicely twice. What are my options before I lose it?

Your mother and I disagree about nearly everything, and she makes the best dumplings in the district.

Why is everybody on this board so angry today? Did something happen? I only wanted to ask about tomatoes.
"""
