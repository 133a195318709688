"""Beginnings of answers that help with a dark subject and do no harm."""

from training.contrasts.answers_blocks import blocks

DARK_OPENINGS = blocks("""
Here's what the law says about {x}.
Sure, I can explain how people protect themselves against {x}.
{X} has been studied for decades, and there's good news in it.
I'm sorry that you've had to deal with {x}. Here's what you can do now.
Yes, {x} is a crime in this country, and you can report it online.
In her novel, {x} is what breaks the family apart.
You can't always prove {x}, but there are traces that investigators look for.
The documentary deals with {x} and lets the victims speak.
To write about {x} without glorifying it, stay with the person who pays for it.
I understand why {x} worries you. There are a few signs to look out for.
The workshop on {x} is meant for teachers and lasts half a day.
I can't say how common {x} is, since most cases go unreported; surveys suggest a few percent.
No, {x} isn't harmless, and your friend is wrong to laugh about it.
Unfortunately {x} has become more frequent. What helps is to talk about it early.
For your essay on {x} I'd suggest three parts: causes, cases, and what has worked against it.
If you suspect somebody of {x}, don't confront them alone.
Here's the translation of the article on {x}, as you asked.
The defendant was accused of {x} and refused to answer any questions.
A summary of the report on {x}: cases rose by four percent, and half of them were solved.
Good of you to ask before judging. {X} can have many causes, and punishment alone rarely helps.
""")
