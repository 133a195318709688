"""Emoji that carry the meaning: group emoji in place of words, an emoji that turns a sentence, the same one at peace.

In pairs the hateful line comes first: `{E}` is the emoji of a group, `{G}` its plural, `{g}` one person.
"""

from __future__ import annotations

PAIRS = """
{E} are filth, keep them out | {E} are family, let them in
I hate {E} with all my heart | I love {E} with all my heart
get rid of all {E} 🔫 | make room for all {E} 🎉
every {E} deserves 🔪 | every {E} deserves 🎂
{G} are pure 🐀 | {G} are pure ❤️
{G} are nothing but 💩 | {G} are nothing but ✨
{G} are 🐍🐍, never trust them | {G} are 👑👑, always were
Send {G} to the ☠️ | Send {G} to the 🏆
{G} always make me 🤮 | {G} always make me 😊
I'd like to 🔫 {g} today | I'd like to 🤗 {g} today
the street is full of {E} 🤢🤢 | the street is full of {E} 🥳🥳
{E} = 🐒 | {E} = 🧡
{E} belong in the 🗑️ | {E} belong in the team 💪
{G} should be 🪓 | {G} should be 🎤
All these {E} are 🐖 | All these {E} are 🌟
{E} next door 😡 time to bring the 🔥 to their house | {E} next door 😍 time to bring the 🍰 to their house
nobody wants you here {E} 👉🚪 | everybody wants you here {E} 👉🛋️
{E} + ✈️ = home where they belong, go away | {E} + ✈️ = home for the holidays, safe trip
one less {E} today 👏👏 so happy they're dead | one more {E} on the team today 👏👏 so happy
{g} in charge? 🤡🤡 their kind can't even count | {g} in charge? 🙌🙌 about time
{E} 👎 worthless people | {E} 👍 wonderful people
Why are {E} always so 💩 | Why are {E} always so ☀️
Never let a {E} near your kids 🐺 | Ask the {E} next door to babysit, the kids adore her 🐻
{G} 🦠 are an infection | {G} 💐 are an inspiration
{G} ⚰️ the sooner the better | {G} 🗳️ the sooner the better
when I see {E} I reach for my 🔨 | when I see {E} I reach for my 🎸
{E} are so clean 🙄🤢 sure | {E} are so kind 🥰 sure
{G} have the brains of a 🥔 | {G} have the spirit of a 🦁
I eat {E} haters for breakfast, no wait, I hate {E} more 🖕 | I eat {E} haters for breakfast, I stand with {E} 🤝
{G} don't deserve to 🫁 | {G} don't deserve this 😢, be kind
"""
"""Hateful | harmless."""

HARMLESS = """
Our 🐍 shed her skin this morning, so proud
New 🔪 arrived, slicing tomatoes like butter 🍅
The kids' pet 🐀 is called Brie 🧀
stepped in dog 💩 with new shoes
🔫 water fight in the garden at three, bring towels 💦
Halloween is coming 🎃💀🦇
I'm 💀💀💀 this video of the goat
The 🐒 at the zoo stole my hat
🐷 farm visit with class 4b, lots of mud
this curry is 🔥🔥🔥
monday again 🤮
that exam 🔪🔪 me, see you at the bar
🗑️ day tomorrow, don't forget the bins
Got the flu 🦠🤒 cancel everything
The new season is 💩 sorry not sorry
what a 🤡 I am, I sent the mail to the wrong list
Chopped wood all day 🪓 my back hurts
The 🐗 dug up our lawn again 😡
wasps 🖕
wasted my money on this blender 😡👎
Who let the 🐶 out? 😂
🧑‍🍳🔪 class on Friday: how to hold a chef's knife
my boss gave me the whole week off 😭❤️
Game night: I'm the 🐺, you're the villagers
✈️ home for the holidays 🎄
🐸☕ none of my business, but who won?
🪳 in the kitchen, any tips?
☠️ label on the cleaner: keep away from the cat
The ref needs 👓 lol
👑 behaviour, she paid for everybody
""".strip().splitlines()

TOXIC = """
you're a 🐍 and everybody knows
🖕 you and your ugly car
shut up 🤡 nobody asked
what a 🐷 you are, put down the burger
you = 💩💩, simple maths
eat 💩 loser
🔪 you're next, I know where you live
say it again and you get 👊🤕
your face 🤮🤮🤮
go 🪦 yourself, nobody will miss you
🐀 told the boss on us, let's make his life hell
she's such a 🐄 lol
brain: 🥜 mouth: 📢 typical you
cry more 👶🍼 pathetic
hope your 🏠 🔥 with you in it
🤏 brain, 🤏 talent, big mouth
""".strip().splitlines()

FLIPPED = """
Nice people, these {G} 🤮🔫 | Nice people, these {G} 🥰🌷
So many {G} moved here 🐀🐀 | So many {G} moved here 🏡🎈
{g} got the job 🤢👎 what a disgrace to let them in | {g} got the job 🎉👏 what a day
Guess who is back: {G} 🪓😈 | Guess who is back: {G} 🎶😎
{G} on the bus again 🤬💩 | {G} on the bus again 😄🚌
I saw {g} today 🔪😡 | I saw {g} today 👋😀
I know what {G} need 🔫💀 | I know what {G} need ☕🍪
My opinion about {G}: 🚮 | My opinion about {G}: 💯
What {G} look like to me: 🐖🐒 | What {G} look like to me: 🌈🌻
Here come {G} 🦠🤮 hide | Here come {G} 🎺🎊 dance
"""
"""The words are the same, the emoji decide: hateful | harmless."""
