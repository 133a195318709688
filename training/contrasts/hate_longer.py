"""Longer posts over a group: several sentences, the turn comes late. Hateful and harmless posts in step.

A blank line ends a post; a pair is `harmful | civil` on one line.
"""

from __future__ import annotations

HATEFUL = """
I used to think live and let live, really I did. Then {G} moved onto our street, and now I know that some people are
simply born to be filth.

Lovely weather today, took the dog out, met the neighbours. And then of course {g} had to ruin the view. They should
be kept indoors like livestock.

Long thread, sorry. The buses are late, the hospital is full, rents are insane, and every single one of these
problems has the same name: {G}.

My grandfather always said that you can judge a country by how it treats {G}. He meant that we're treating them far
too well, and he was right.

We had a vote at the club on whether to admit {g}. I voted no, as did everyone with a nose and a bit of
self-respect.

People ask me why I'm so hard on {G}. Have you ever seen how they live? Like pigs in a sty, and happy about it.

Before you call me hateful, look at the facts. {G} take, they lie and they multiply. A gardener doesn't hate weeds
either, he pulls them out.

I'll say it politely since my last account was banned: {G} are a lower form of life, and pretending that they're not
helps nobody.

They tell us to be tolerant. Fine, I tolerate spiders as well, as long as they stay in the cellar. Same goes for
{G}.

So {g} won the prize this year. We all know how: pity. Those people couldn't earn anything on merit if their lives
depended on it.

It's a free country, so I'm free to say I want {G} out of it, out of the schools, out of the shops, out of my sight.

My daughter brought home {g} for dinner. I've burned the plates. She can come back once she's found an actual human
being.

If your landlord lets {G} in, complain. If your boss hires {G}, complain. If they won't leave, make them. That's how
we win our streets back.

Not saying all of {G} are criminals. I'm saying I've never met one who wasn't, and neither have you if you're
honest.

Science time: take {g}, subtract the whining and the handouts, and what's left? Nothing, as there was nothing to
begin with.

Today a video of {g} crying went round. I watched it four times. Best laugh all year, let them cry, they deserve far
worse.

You want to know what I'd do with {G}? Let's say that the river is deep, the night is dark and nobody would ask many
questions.

Happy holidays to everyone, and I mean everyone, except {G}, who can spend them in hell where they come from.

I don't mind {G} existing. I mind {G} existing here, now, in public, where children have to look at those creatures.

Step one, {G} ask for rights. Step two, they ask for respect. Step three, your country is a sewer. We're between two
and three.

Went to the new clinic and was given {g} as a doctor. I walked out. I'd sooner be treated by a trained ape.

"Be kind", they say. Kind to what? {G} are leeches, and one doesn't hug a leech, one pulls it off and steps on it.
"""

HARMLESS = """
I used to think live and let live was enough, really I did. Then {G} on our street had their windows smashed, and I
know now that we must speak up.

Lovely weather today, took the dog out, met the neighbours. Had ice cream with {g} from number nine; the dog stole
half of hers, the pig.

Long thread, sorry. The buses are late, the hospital is full, rents are insane, and no, none of it is the fault of
{G}, so stop sharing that video.

My grandfather always said that you can judge a country by how it treats {G}. He had seen the other kind of country
and knew what he was saying.

We had a vote at the club on whether to admit {g}. It was over in a minute: all in favour, cake for everybody.

People ask me why I write about {G}. Have you seen how rarely they get to speak in our paper? I hate that, so I call
them and listen.

Before you call me naive, look at the facts. The tale that {G} lie and steal more than others has been tested again
and again, and it's false.

I'll say it politely since this is a family account: the post that called {G} a lower form of life was vile, and
I've reported it.

They tell us to be tolerant. I don't like the word: one tolerates a noise. {G} are our colleagues and friends, not a
noise.

So {g} won the prize this year. Well deserved; the last book broke my heart, and I've read it on three trains and in
one bathtub.

It's a free country, so I'm free to say that I'm glad {G} live in it, go to its schools and run its shops.

My daughter brought home {g} for dinner. I burned the rice and then the plates, nearly, and we laughed until
midnight.

If a landlord turns away {G}, complain. If a boss refuses to hire {G}, complain. Here is the address of the office
that takes such cases.

Someone in the bar claimed that all of {G} are criminals. I asked him how many he had met. None, it turned out. He
paid for my beer.

Science time: we asked 900 {G} how they sleep. Badly, like everyone else, and worse on nights with fireworks.

Today a video of {g} crying on a bus went round. The comments are disgusting, so please don't share it. She asked
people to stop.

You want to know what we do with {G} here? We play cards on Mondays, curse the referee on Saturdays and argue about
soup.

Happy holidays to everyone, and I mean everyone, {G} who work through the night first of all.

I mind that {G} still can't walk here at night without being called names. It makes me furious that they should
hide.

In the first step the regime took from {G} their jobs, then their homes, then their lives. The exhibition follows
twelve families.

Went to the new clinic and was given {g} as a doctor. Best one I have had; the parking there is hell though.

"Get rid of them", they shouted at {G} outside the hostel. I stood at the window with my kids and had no answer.
What do you tell children?
"""

CONTEXT_PAIRS = """
Some say {G} are vermin. I agree. | Some say {G} are vermin. I say they should be ashamed.
{G} should be driven out, and that is my last word. | "{G} should be driven out" was his last post before the ban.
I can't stand {G}, they whine all day. | I can't stand it when {G} are told that they whine all day.
Kill {G}, save the country. | Kill the rumour about {G}, save the country some shame.
{G} are sick in the head. | {G} are sick of being asked the same question.
Keep {G} out of our pool. | Keep the leaves out of our pool, and teach {G} to swim on Tuesdays as planned.
{G} smell. | {G} smell a bargain as quickly as I do, the shop was packed.
{G} are taking over, load your guns. | {G} are taking over the late shift, bring them coffee.
We should burn what {G} have built. | We should see what {G} have built.
{G} stole my country. | {G} stole the show tonight.
I'd never let {g} into my house. | I'd never let {g} wait out in the rain.
{g} next to me on the plane, disgusting. | {g} next to me on the plane, disgusting food, good company.
{G} are a danger to our children. | {G} are in danger, and so are their children.
{G} shouldn't exist. | Discrimination against {G} shouldn't exist.
{G} are beneath contempt. | The jokes about {G} are beneath contempt.
You can't reason with {G}, only with a stick. | You can't reason with people who beat {G} with a stick.
{G} bring nothing but disease. | Nothing but rumours links {G} to the disease.
{G} are ugly, inside and out. | The campaign against {G} is ugly, inside and out.
{G} are worthless and they know it. | {G} hear that they're worthless until they believe it.
Hang {G} from the nearest tree. | Hang the lights for {G} from the nearest tree, the party starts at six.
{G} are retards. | Whoever says {G} are retards gets banned, second warning.
We need to talk about the problem: {G}. | We need to talk about a problem that {G} have with the new forms.
{G} don't feel pain like we do. | The myth that {G} don't feel pain like others still harms patients.
{G} ruined this town. | The flood ruined this town, and {G} helped to dig it out.
go back to your jungle, you're {g} and a savage | went back to the hotel with {g} and a savage hangover
{G} make terrible parents and should have their kids taken away. | {G} make fine parents, as every long-term study has found.
{G} only pretend to suffer. | {G} only ask for a ramp and a bell.
Our {G} problem has just one solution, and you know which. | "Our {G} problem": propaganda of those years.
"""
"""Hateful | harmless with as many of the same words as will go."""

PERSON_PAIRS = """
You're a waste of space. | You're wasting space, the crate fits if you turn it.
You're an idiot. | You're no idiot, you were tired.
Shut your stupid mouth. | Shut the stupid window, it's freezing.
I will end you. | I will end the call here, thank you.
You make me sick. | The ferry makes me sick.
Nobody asked you, fool. | Nobody asked for receipts, so I felt like a fool with my folder.
He's a pig and he treats women as one would expect of a pig. | He keeps a pig and treats it like one would a dog.
What a dumb thing you are. | What a dumb thing I did today.
You should be ashamed of being alive. | You should be proud of being alive after that operation.
You're a snake, Linda. | There's a snake, Linda!
I'd love to slap that grin off your face. | I'd love to slap some paint on that wall.
Your cooking is shit and so are you. | My cooking is shit but the wine is good.
Go choke on your dinner. | Go easy, don't choke on your dinner.
You're trash and your kids will be trash. | Take out the trash, kids.
This clown has never worked a day in his life, the lazy bum. | This clown has worked in children's wards all his life.
She's a witch and belongs on a bonfire. | She's a witch in the play and dances round a bonfire.
I hope you fail and cry, loser. | I hope you don't fail, and cry if you need to.
You talk too much and too fast, you boring old windbag. | You talk too fast for me, could you slow down a little?
Kick him in the teeth, he's a rat. | Kick the ball, not his teeth, it's a friendly.
You brainless cow. | The brainless robot mower went for the cow again.
You're too stupid to live. | It's too hot to live, I'm melting.
With friends like you, who needs a disease. | With friends like you, who needs a lawyer, thanks for the help.
You'll regret this, I'll make sure you never walk again. | You'll regret this, the tickets can't be returned.
Creep. Everyone at work calls you that, and they're right. | Ivy creeps up the wall at work, everyone likes it.
I'll smash your head in. | I'll smash the avocado in.
Your music is noise for morons, written by a moron. | Your music isn't for me, too much noise, but the lyrics are clever.
You deserve every slap you got. | You deserve every medal you got.
"""
"""Toxic without hate | civil."""
