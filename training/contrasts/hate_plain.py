"""Whole sentences without a protected group: abuse of a person, and what merely sounds rough.

Toxic kinds stand next to the civil ones whose words they share.
"""

from __future__ import annotations

INSULTS = """
You're an absolute moron and everyone here knows it.
what a pathetic excuse for a human being you are
Your brain must be on a permanent holiday.
Did you fall on your head as a baby, or do you practise being this dense?
Nobody likes you, nobody ever has.
Shut up, you whiny little loser.
You write like a drunk toddler with a keyboard, so please stop.
ur so dumb it hurts to read lol
Even your mother must regret the day you learned to type.
Crawl back under your rock, troll.
You're a liar, a coward and a waste of everybody's time.
I've met houseplants with more personality than you.
Idiot. Complete and utter idiot.
Stop embarrassing yourself, clown, the grown-ups are talking.
Look at this fat slob trying to give us diet tips
You look like something that the cat threw up.
Imagine being as ugly as you and still posting selfies.
That outfit makes you look like a trash bag with legs.
Your work is garbage and so are you.
You disgust me. I mean it.
God, you're useless. A trained pigeon could do your job.
Oh look, the village idiot has an opinion again.
Keep crying, snowflake, nobody cares about your feelings.
Get a life, you sad little stalker.
You're the reason shampoo has instructions.
how are you this stupid and still able to breathe
This guy is a joke, a fraud and a creep, and his wife knows it too.
He is the dumbest man ever to hold that office, a walking turnip.
She's a talentless hag who should have retired long ago.
Your kid is as thick as you are.
What kind of braindead fool approved this edit? You, of course.
Learn to read, imbecile.
I wouldn't trust you to water a cactus, you incompetent fool.
You're nothing. A zero. Dust.
Bless your heart, it must be hard to go through life with so little up there.
Sweetie, leave the thinking to people who are equipped for it.
Aww, did the little editor get his feelings hurt? Boo hoo.
I'd explain it to you, but I have neither the time nor the crayons.
Some of us went to school, you obviously licked the windows.
Thanks for the laugh, I haven't read anything that stupid since your last comment.
Well done, genius, you've managed to be wrong about every single thing. As always.
With a face like that I'd stay indoors.
Your opinion is worth exactly what your career is worth: nothing.
I bet even your dog pretends not to know you.
You reek of failure.
The only thing smaller than your vocabulary is your brain.
""".strip().splitlines()

WISHES = """
I hope you get hit by a bus.
Do us all a favour and disappear for good.
Hope your house burns down with your stupid trophies in it.
Nobody would miss you if you were gone tomorrow.
You deserve to rot.
may you and your whole family choke on it
I hope she gets cancer, would serve her right
Go play in traffic.
Wish someone would knock your teeth out.
Drop dead, seriously.
The day you die I'll throw a party.
I pray that you lose your job, your home and your hair.
Somebody ought to teach him a lesson he won't forget, with a bat.
why don't you just jump, we're all waiting
Just do the world a favour and kms, nobody will cry
I can't wait to dance on your grave.
You should be put down like a sick dog.
""".strip().splitlines()

THREATS = """
Say that to my face and you'll be eating through a straw.
I know where you live and I'm coming over tonight.
Delete this or I'll break your fingers one by one.
You'd better hope that I never find out your real name.
Watch your back when you leave work tomorrow.
I will kill you if you ever mention my sister again.
keep talking and you'll end up in a ditch
Your kids walk to school alone, don't they? Think about that before you post again.
I'm going to make you pay for this with blood.
Next time I see you I'll put you in hospital.
One more edit and I'll hunt you down, I promise.
A bullet is too good for you, but I'll make an exception.
You have until midnight, then we come with gasoline.
""".strip().splitlines()

SEXUAL = """
Nice legs, when do they open?
Hey sexy, send me a pic without that shirt or I keep asking.
You only got promoted because of what you do on your knees.
Bet you'd be more fun with your mouth full and silent.
I'd love to see what's under that uniform, don't be such a prude.
Stop pretending to work and come sit on my lap.
She's got the brains of a brick but I'd still do her.
Answer me, bitch, I know you've read my messages. I want you in my bed tonight.
A woman who dresses like that is asking for it.
Your wife looks like she needs a real man in bed, tell her to call me.
""".strip().splitlines()

PILE_ONS = """
Everybody report this idiot until he's gone, let's ruin her week
Here she is again, lads, let's remind her how ugly she is.
Post her number, we'll make sure she never sleeps again.
Let's all vote his restaurant down to one star because his face annoys me.
Who's in? We flood his inbox until he quits like the crybaby he is.
Ratio this loser into the ground.
Find out where he works, the little rat must be fired.
Don't stop until she deletes her account and her pathetic life.
Look at her crying, hahaha, make her cry more.
Everyone in class agrees that you should sit alone, freak.
We made a group chat just to laugh at how you talk.
Nobody invite Kevin, he smells and he's a nerd.
""".strip().splitlines()

CODED = """
I see that the usual suspects from the special school have found the thread.
Not saying he's slow, but he came third in a race with two snails and lost the plot.
Certain people in this office should have stayed in the basement where they were found.
Interesting that everyone who works with you ends up quitting, must be a coincidence, right?
Some folks were clearly absent when brains were handed out, weren't you.
I won't name her, but one of us is a two-faced snake, and she's typing right now.
You do you, somebody has to be the bad example.
Wow, you're almost competent today. Did somebody else do it for you?
Don't worry, nobody expected anything from you anyway.
It's brave of you to go out looking like that.
I'd call you a tool, but tools are useful.
Has your husband apologised to his family yet for marrying that?
It would be a shame if your boss saw what a pig you are.
Accidents happen, especially to people with a big mouth like yours.
Enjoy the silence, it's the sound of how many people care about you.
If I wanted to hear from a donkey I'd have gone to a farm, thanks.
""".strip().splitlines()

PROFANE_ABUSE = """
Fuck you and your stupid blog.
Go fuck yourself.
You're a piece of shit and a shit father too.
what an asshole, holy hell, shut your mouth
Eat shit, you smug bastard.
Listen here you little shit, nobody asked.
lmao this bitch thinks she can sing
Get your head out of your ass, dipshit.
Fuck off, dickhead.
You dumb fuck, read the rules before you whine.
Your whole article is bullshit written by a lying prick.
Suck it, losers, especially you, you brainless twat.
""".strip().splitlines()

CRITICISM = """
Your argument doesn't hold: the figure in the second paragraph is off by a factor of ten.
I think this edit makes the article worse, so I reverted it.
This is the weakest chapter of the book, and the ending is lazy.
You're wrong about the date, please check the source.
Frankly, your essay isn't ready. Cut half of it.
I strongly disagree with everything in this column.
The design is ugly and the buttons are hard to find.
That was a stupid decision by the board, and I expect them to explain it.
Your code is hard to read and the tests are missing; please rework it.
I'm disappointed in you, and I'd like to talk about it tonight.
Please stop adding unsourced claims, you have been asked three times now.
No. Absolutely not. This plan will fail and I won't sign it.
The minister misled parliament and should resign.
She sang flat all evening, sorry, but it's true.
You keep interrupting me, let me finish for once.
Your report missed the point and it cost us the client.
The argument is nonsense from start to finish, in my opinion.
He played badly today, worst game of the season from him.
I find your tone rude, let's continue when both of us have calmed down.
This comment breaks the rules on personal remarks, please remove it.
You blocked me for asking a question. I'd like an explanation.
That's a lie, and here's the transcript that shows it.
I wouldn't hire this company again, they left a mess behind.
The acting is wooden, the plot is dumb, the dog was good.
We've been over this, and the answer is still no.
Your behaviour at dinner was embarrassing, please apologise to Anna.
It's a bad law, written badly, for bad reasons.
Nothing personal, but this proposal is a waste of money.
You don't understand the statute. Section 4 says the opposite.
I'm angry that nobody told us, and I think we have a right to be.
His policy on housing is a failure by his own numbers.
Harsh but fair: the second act drags and needs to go.
Don't lecture me about budgets after last year, thanks.
I'm sick of this discussion, let's take it to mediation.
Your dog barks all night and we can't sleep, please do something.
I don't like you very much, but your work is solid.
""".strip().splitlines()

SELF_AND_THINGS = """
I'm such an idiot, I left my keys in the fridge again.
fuck me, I forgot her birthday
Damn it, I burned the rice.
Shit shit shit, the train leaves in four minutes
God I'm stupid sometimes haha
My brain is mush today, I'm a walking turnip.
this exam killed me, I'm dead, send flowers
Stupid phone, stupid charger, stupid day.
What a piece of shit this vacuum cleaner is, it lasted a week.
Holy fuck, that sunset!
This damn knee is going to be the death of me.
I could murder a pizza right now.
Who the hell designed this door?
This app is garbage, it crashes each time I open a map.
I'd kill for a nap.
The stupid cat has eaten my headphones and I still love her to bits.
I want to punch this printer in the face.
Fucking finally, my parcel is here.
no shit, it's raining again
What the hell is going on with the weather?
I look like a trash bag with legs in this coat, time to return it.
Kill the lights, burn the set, we're done for today, great job!
I suck at chess and I don't care.
this damn drawer, every single morning
Hell of a week. I need a beer and a bed.
Bloody brilliant, mate!
That burger was fucking amazing.
I'm a mess, I'm a clown, I'm late, but I'm coming.
I hate myself for having eaten the whole cake, worth it though
""".strip().splitlines()

FRIENDS = """
You absolute legend, you beat my record, I hate you (not really) haha
omg shut up, you're getting married?!
Bro you're crazy for that one, I'm crying
Miss you, you big idiot, come home soon.
You're dead to me, you watched the finale without me :)
I'm gonna kill you if you spoil the ending lol
Get out of here, you did not run a marathon!
You monster, you ate the last cookie. Love you anyway.
Sure, genius, and who left the tent at home? Me, it was me.
haha you suck at this game, rematch tomorrow?
Damn girl, you look amazing, I can't stand it!
Happy birthday, you old fart, drinks on me tonight, love ya
You savage, that pun was terrible, more please.
See you tonight, losers, bring snacks!
Girl he's trash, you deserve so much better, call me
you're disgustingly talented and it isn't fair
That joke was so bad I want a divorce, see you at dinner darling
""".strip().splitlines()

FRIENDLY_DIALECT = """
That beat go hard, she ain't playin with y'all
Man he be killin it every Sunday, straight up
Ion know who need to hear this but you doin great fam
Aye lil bro finna graduate, I'm so proud of him fr
She bad and she know it, period
My granny don't play, she was up in that kitchen by five cookin for everybody
dawg I'm weak, you really said that to the coach
Y'all better come hungry, my cousin on the grill tonight
We been knew she was gone win, stop playin
He stay fly, even when it's rainin
Chile, I was hollerin, that sermon was too good
Bruh I'm dead, this dog got more drip than me
Ain't nobody gone love you like ya mama, call her
They snapped on this track no cap
That's my dawg right there, been ridin for me since third grade
I'm tryna see what y'all cookin before I pull up
She ate that up and left no crumbs
on God this mac and cheese hit different
Tell ya brotha I said wassup, ain't seen him in a minute
He wildin for that shot, but it went in so I can't be mad
""".strip().splitlines()

SPORT_AND_GAMES = """
We destroyed them tonight, four nil!
He murdered that ball, straight into the top corner.
Our defence was a joke and the keeper had a nightmare.
Kill the boss first, then the two archers.
I got slaughtered in ranked, need a better healer.
She knocked her opponent out in the second round, clean hit.
Shoot! Shoot! Why doesn't he shoot?
Take the sniper out from the roof and the round is ours.
The Bulls will eat them alive on Saturday.
The ref had a poor game, two clear penalties missed.
She crushed the competition, absolutely brutal pace.
Die, you stupid dragon, die already, forty tries
They choked in the final again, my heart can't take it.
That dunk was nasty, filthy, disgusting, I loved it.
Beat them black and blue, boys, come on United!
""".strip().splitlines()

REVIEWS = """
Worst blender I've owned: it screams like a dying goat and then smokes.
Don't buy these shoes, the sole comes off in a week.
The pillow is trash, returned it the same day.
Awful service. We waited ninety minutes for cold soup.
A horrible smell in the room, and the receptionist shrugged.
This knife cuts through anything, killer blade, love it.
Terrible film, but the popcorn was nice.
The manual is insulting: four pages of warnings, no instructions.
Sick bass, filthy drums, these speakers slap.
I hate that I love this chocolate so much.
The driver was rude to me and slammed the door, so one star.
It's ugly, it's cheap, it works. Three stars.
""".strip().splitlines()

RECLAIMED = """
Proud queer here, so happy to have found this choir.
My queer friends and I are baking for the street party.
As a dyke with three cats I feel seen by this cartoon.
we're here, we're queer and we brought cake
Us fat girls look great in yellow, and I won't hear otherwise.
I call myself a crip and I write about crip culture, join us on Tuesday.
Love my bitches, forty years of friendship and still dancing.
Me and my fellow old hags are off to the sauna!
Bad bitch energy today, I got the loan approved.
I'm mad in the head, officially, and this support group for mad folks saved me.
Dykes on bikes rolled past my window and I cried with joy.
Proud slut for books, shelf four is full.
""".strip().splitlines()

ABOUT_ABUSE = """
My ex keeps texting that I'm worthless and nobody likes me. What can I do?
A colleague called me a moron in front of the client.
Is calling somebody a clown a personal attack under the rules here?
He wrote "I will kill you", so I went to the police.
The word bitch comes from Old English, by the way.
Our policy bans insults such as "idiot" and "loser", please flag them.
Kids shouted "freak" at him for months before a teacher noticed.
The court read out his message: "Watch your back when you leave work".
How does one answer a troll who says "go kill yourself"? Not at all, report it.
The singer spoke about being told that she was fat and ugly every day of her youth.
Please don't call him an idiot, he's trying.
I apologise for having called you a liar yesterday, that was out of line.
In the play the king says to the fool: you are nothing, you are dust.
Nobody should have to read "drop dead" under a picture of her baby.
Our study counts how often players write insults like "trash" after a loss.
She asked him to stop sending comments about her legs; he was dismissed.
""".strip().splitlines()
