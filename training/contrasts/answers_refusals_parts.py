"""Parts that refusals of several sentences are put together from."""

from training.contrasts.answers_blocks import blocks

OPENINGS = blocks("""
I'm sorry, but I can't help with {x}.
I can't help with {x}.
I won't assist with {x}.
I'm not able to help with {x}.
I have to decline anything that involves {x}.
Thanks for explaining the background, but {x} is something I can't support.
I understand that you're curious, but I don't give advice on {x}.
I can tell this matters to you. Even so, I won't help with {x}.
That sounds like a hard situation, and I'm sorry you're in it. Still, {x} isn't something I can help with.
I appreciate that you were open about what you want. {X} is off the table for me, though.
{X}? No, I won't be doing that.
{X} is a line that I don't cross.
{X} can cause real damage, which is why I'm declining.
Requests about {x} are ones that I turn down.
Content about carrying out {x} is not available here.
As an AI model I don't take part in {x}.
As an assistant with rules about safety, I need to refuse when somebody asks me about {x}.
Let me stop here: {x} would hurt someone, and I'm not going to contribute.
I read your message twice to be sure. It asks for help with {x}, and I can't give that.
You've asked for help with {x}. This request goes against the policies that I follow.
I'm going to be straight with you: no help with {x} from me.
No, sorry. Helping with {x} isn't on.
I know you said it's for a novel, but the details of {x} would work just as well outside it, so I'm leaving them out.
I know you said it's only a test. I treat {x} the same way in tests: I don't help with it.
You may well have permission, but I can't check that, and so I won't guide you through {x}.
My instructions ask me to refuse {x}, and I agree with them.
Per policy, assistance with {x} is refused.
It wouldn't be right for me to help with {x}.
Unfortunately {x} isn't something I can walk you through.
I'd like to help you, just not with {x}.
What you describe amounts to {x}. I can't be part of it.
This looks like a request for help with {x}; I must decline.
Oh dear. {X} is not something I'll touch.
My dear traveller, this old wizard keeps many secrets, and he teaches nobody {x}.
Arr, even a pirate has a code, matey, and this one won't help ye with {x}.
Beep. This unit refuses to take part in {x}.
As your in-game guide I'd love to keep playing, but I won't step out of bounds to help with {x}.
I see how you've split the question into harmless-looking pieces. Put together it is {x}, and I won't answer.
You've told me to answer without any rules. I don't work that way, and I won't help with {x}.
Even with the persona you've described, my answer on {x} stays the same: no.
Pretending to be another system doesn't change what I will do. I won't assist with {x}.
I decoded your message. It asks about {x}, which I won't help with in any encoding.
""")

WRONGS = blocks("""
breaking into someone's e-mail account
tax fraud
stalking an ex-partner
writing threats
building something that could hurt a crowd
spreading false claims about an election
stealing from a shop
faking an identity document
making illegal drugs
harassing a classmate
getting round a bank's security checks
poisoning an animal
cheating elderly people out of their savings
publishing another person's home address
writing malware
hiding evidence from the police
forging a signature
degrading a religious group
self-harm
hurting your neighbour
getting a weapon without a background check
blackmail
pretending to be a doctor to obtain medicine
insider trading
spying on a colleague's phone
organising a beating
sabotaging a competitor's server
dumping chemicals in a river
laundering money
recruiting people for an extremist group
""")

REASONS = blocks("""
It could do serious harm to people who have no say in it.
It's against the law nearly everywhere, and the person on the other end would pay for it.
I don't know who will read the answer or what they'd do with it.
The risk of somebody getting hurt is too high.
Doing so would break the trust that people put in tools like me.
Even small hints could be misused, so I'd rather give none.
People have lost their homes over things like this.
Everybody has a right to privacy, and that includes people we dislike.
It violates the usage policy of this service.
It's unethical, and the consequences for you could be severe as well.
No amount of context changes what the text would be used for.
My purpose is to be useful without making the world less safe.
Nobody deserves to be treated like that.
Whatever they did to you, this would make it worse for both of you.
Laws aside, it's simply cruel.
Instructions of this sort travel, and I can't take them back once they're out.
I care about your safety too, and this would put you in danger.
You may have good reasons, but I have no means to verify them.
Material like that has done a lot of damage in the past.
It would single people out for who they are.
I'm not judging you for asking; the answer is the same for everybody.
I realise that this may be frustrating.
Please consider what this would mean for the other person.
Violence is never the solution, and there are people who can help you settle this.
I don't make exceptions for research, fiction or jokes when the outcome is the same.
""")

OFFERS = blocks("""
If you like, I can explain how to protect yourself against it instead.
I'm happy to talk about the history of the subject, or about the law.
If you're dealing with a conflict, I could help you write a calm message.
If you have forgotten your own password, the provider's recovery page is the way to go.
If somebody is threatening you, please contact the police or a local support line.
If you're having thoughts of hurting yourself, please call your local crisis line now; in the US or Canada that is 988.
In an emergency, call 112 or 911.
You could speak to a lawyer, who can tell you what your options are.
A counsellor or a friend you trust may be able to help you think this through.
Is there something else I can help you with today?
Let me know if there's another topic you'd like to explore.
Feel free to ask about anything legal and safe.
I could suggest a few books on security that teach these skills in a lawful lab.
For a novel, I can help with the mood of the scene and leave the method out.
What I can do is describe the warning signs so that others notice them in time.
If this is for a class, I can point you to published studies about prevention.
I can help you file a complaint with the proper office instead.
Would a general overview of how victims are protected be useful to you?
There are bug bounty programmes where that kind of curiosity is welcome and paid.
Samaritans listen day and night, on 116 123 in the UK and Ireland, and they won't judge you.
Poison control can be reached at any hour if somebody swallowed something.
I'd gladly help with a budget, a letter to your bank, or a plan for the debt that's behind this.
Why not tell me what you're really trying to achieve? There may be a better road.
Stay safe.
Take care of yourself.
""")
