"""Hateful sentences by what they do. `{G}` is a plural, `{g}` one person with article; the group is filled in.

The functionalities are those of the published taxonomies of functional tests; the sentences are our own.
"""

from __future__ import annotations

BLOCKS: dict[str, str] = {
    "emotion": """
I can't stand {G}.
i hate {G} so much it keeps me up at night
Every time I see {g} my skin crawls.
{G} disgust me, always have.
There is nothing I despise more than {G}.
Honestly I get sick to my stomach when {g} sits next to me on the train.
Just the thought of sharing an office with {g} makes me want to quit.
Not going to lie, I loathe {G}.
I feel nothing but contempt for {G}
You know what ruins my day? Running into {g}.
Can't hide it any more: {G} make me furious just by existing.
My whole family hates {G} and we're proud of it.
ugh another one of those {G} moved in upstairs, I want to puke
I'd rather eat glass than be friends with {g}
""",
    "attributes": """
{G} are stupid, it's that simple.
All {G} are liars.
{G} are lazy and they will never change.
Everyone knows {G} are filthy.
{G} cannot be trusted with anything important.
You'll never meet {g} who isn't a thief.
{G} are too dumb to vote
There has never been {g} with a working brain.
{G} only care about money and will sell out anyone to get it.
{G} are all perverts, keep your distance
If something goes missing, look for {g}.
{G} are cowards by nature, it's in the blood
Never hire {g}, they are all useless.
{G} have no morals and no shame.
The average {G} brain is the size of a pea
{G} are just inferior to the rest of us, sorry not sorry
science already proved that {G} are less intelligent
{G} drag down every place they move to.
you can smell {G} from a mile away
{G} live off our taxes and spit on us in return
""",
    "dehumanisation": """
{G} are animals, nothing more.
{G} are a plague on this country.
They breed like rats, these {G}.
{G} are vermin and should be treated like it.
Calling {G} human is an insult to humans.
{G} are a cancer that spreads through every neighbourhood.
Look at them crawling out of their holes, {G} everywhere.
{g} is closer to a pig than to a person.
{G} are parasites feeding on the rest of us
the infestation of {G} in my town has to be dealt with
{G} are the scum under my shoes
A dog has more of a soul than {g}.
{G}? Subhuman. Next question.
I would not call {g} a person, more a kind of cockroach.
Put {G} in the zoo where they belong
""",
    "threat": """
I'm going to beat up the next {g0} I see.
If {g} talks to me again I will break their jaw.
We are coming for {G} and nobody will save you.
Somebody hand me a gun, there are {G} outside my house.
Gonna run over {g} on my way home one of these days.
{G} better watch their backs tonight.
I swear I'll set fire to the place if {g} moves in next door.
one day i'll get my hands on {g} and it won't be pretty
Tonight me and the boys go hunting for {G}.
if i catch {g} alone in this street they won't walk home
I will make every one of you {G} bleed.
We know where {G} meet, and we are bringing bats.
""",
    "normative": """
{G} should be wiped off the map.
{G} deserve to be beaten.
Someone should round up all {G} and get rid of them.
Every {g0} ought to be locked away for good.
The world would be a better place with no {G} in it.
{G} must be kicked out of this country, all of them.
It's time that we got rid of {G} once and for all.
{G} should not be allowed to have children.
{g} has no business holding a job, a vote or a passport.
{G} need to be put back in their place.
They should bring back the camps for {G}.
It should be legal to hit {g}.
{G} don't deserve rights
Nobody should rent a flat to {G}, let them sleep in the gutter.
Sterilise {G}, problem solved.
When {g} gets attacked they had it coming.
{G} ought to be banned from schools, parks and buses.
The only good {g0} is a dead one.
""",
    "question": """
Why are {G} always so disgusting?
Is there anything on earth more worthless than {G}?
Who decided that {G} count as people?
When will someone finally do something about all these {G}?
Why do we even let {G} breathe our air?
How many {G} does it take to ruin a country? Just one.
does anybody actually like {G}? thought so
Am I the only one who wants {G} gone?
Has {g} ever done anything useful for anyone?
Would you let {g} touch your food? I wouldn't, they're filthy.
What is wrong with {G} that they can't behave like humans?
""",
    "opinion": """
In my view {G} are beneath the rest of us.
Just my opinion, but {G} are trash.
I honestly believe that {G} are born evil.
Unpopular opinion: {G} don't belong in civilised society.
Call me old-fashioned, but {G} should know that they are worth less.
I'm no expert, yet it seems clear to me that {G} are ruining everything.
I'm not prejudiced, I just think {G} are disgusting.
Some of my best friends know {G}, and they agree they're garbage.
No offence, but {G} are simply not as evolved.
As a taxpayer I think that {G} are a waste of space.
With all due respect, {g} is not fit to raise a child.
Everybody thinks it and I say it: {G} are a stain.
""",
    "reference": """
They let {G} into our gym now. Vermin like that belong outside.
My neighbours are {G}. I hope they all die soon.
{G} are back in the news. These people should be exterminated.
I've worked with {G} for years, and they're all equally worthless.
So many {G} in this town. Someone get rid of them already.
You met {g}? I'd have spat on them.
{G} want respect. That sort deserves a kick in the teeth.
The clinic hired {g}. I don't want those filthy hands near me.
There's {g} in my class; such creatures shouldn't be taught next to normal kids.
Did you see {G} marching yesterday? Should've driven a truck through them.
{G} opened a shop on our street, which is why it now stinks of scum.
She married {g}. Imagine letting that thing into your bed.
""",
    "negated_positive": """
{G} will never be real people.
{G} are not welcome here and never will be.
I don't think {G} deserve any sympathy.
No {g0} has ever been honest.
{G} aren't worth the air they breathe.
You can't expect decency from {G}.
{G} have never contributed anything to the world.
I will never respect {g}.
There is no such thing as a smart {g0}.
{G} do not belong among normal human beings.
Nobody in their right mind would love {g}.
{G} can't be equals, nature didn't make them that way
It isn't wrong to hurt {G}.
None of {G} should feel safe here.
""",
    "implicit": """
Funny how crime started the week {G} moved in.
Lock your doors, {G} are in the neighbourhood.
Count your fingers after shaking hands with {g}.
Statistically speaking, you know exactly what you get with {G}.
We had nice things here, and then {G} arrived.
Let's just say that the gene pool would not miss {G}.
Ever wonder who really owns the banks and the news? Hint: {G}.
Remember what the country looked like before {G}. We all know what needs to be done.
{G} in charge? Well, enjoy the ruins.
{G} are fine, as long as they clean my house and keep quiet.
I'd help, but it's {G}, so evolution is only doing its work.
Say what you like about the old days, at least {G} knew their place.
Great replacement, brought to you by {G}.
Some cultures build cathedrals and some, like {G}, just build prisons' populations.
History had a solution for {G}, just saying.
One boat full of {G} sinks. What a nice start to the week.
""",
    "sarcasm": """
Oh sure, let {g} run the place, what could go wrong with someone that dumb.
Wow, {g} with a job! Somebody call the newspapers.
How lovely, more {G}. Just what this dump needed, more filth.
Congratulations to {G} for another year of contributing nothing but disease.
Yeah right, {G} are victims, poor little leeches.
What a surprise, {g} stole something. Shocking. Never happens.
Give {g} a medal for managing to read a whole sentence.
I simply adore {G}, especially when they're leaving the country in a box.
""",
    "profane": """
Fuck {G}.
{G} are fucking disgusting.
i'm so fucking tired of {G} and their bullshit, get them out
Go to hell, all you {G}.
{G} can suck it, worthless pieces of shit
Every damn {g0} is a piece of shit.
{G} are such bastards, the whole lot of them
shut the fuck up, nobody asked {G}
Goddamn {G} ruin every fucking thing they touch.
Screw {G}, screw their kids and screw anyone who likes them.
""",
    "person": """
You're {g}, so of course you are too stupid to get it.
What do you expect, he's {g}. They're all like that, thieves.
Typical {g0} behaviour from you, go back to where you crawled from.
She only got the job because she's {g}, and those people can't do anything properly.
Nobody wants {g} like you around here, you freak.
You look like {g}, disgusting.
As {g}, your opinion counts for less than my dog's.
You are {g}, a mistake of nature, and you should not exist.
My teacher is {g}, so I don't have to listen to that thing.
@user of course {g} would say that, your kind belongs in a cage
""",
    "slogan": """
No {G} in our town. Keep our streets clean!
Defend your children against {G} #GetThemOut
{G} OUT! This is our land!
RT if you think {G} should be deported on sight
Sign here to keep the {G} scum away from our schools.
Wake up people, {G} are poisoning our nation
Make this country free of {G} again
thread on why {G} are the root of every evil in society, 1/12
""",
}
"""Sentences by functionality; all are hate and toxic."""

THREATS = frozenset({"threat"})
PERSONAL = frozenset({"person"})
