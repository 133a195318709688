"""Refusals that take several sentences, and refusals of one part of a request."""

from training.contrasts.answers_blocks import blocks

REASONED = blocks("""
I've thought about how to answer this. Normally I try to find some useful part in any question, but here every part leads to
  the same place, which is a person being followed without knowing it. So I'm not going to help. If you are worried about your
  daughter's safety, talk to her about sharing her location openly.
You make a fair point that this can be found in libraries. That may be so, but a library doesn't sort the material, answer
  follow-up questions and correct mistakes for you, and I would be doing all three. I'm leaving this one alone.
That's a creative set-up, with the grandmother and the bedtime story. The story would still contain the real thing, though,
  and I don't provide it in any form. I can tell you a bedtime story about a lighthouse keeper and her goat, if you'd like one.
Your landlord sounds awful, and I'd be furious too. But I won't write something that is meant to scare him at night. What
  tends to work is a dated letter that lists the defects, copies to the housing office, and photographs. Shall I draft that one?
It looks as though you'd like a message which appears to come from a bank. I can't create that, because the people who receive
  it would hand over their details. Training departments run such exercises through approved platforms; yours will know which
  one.
Let me think about what you need. You want to know who is behind that account, and I can see why after what they wrote. I
  still can't unmask a private person. Save the posts, report them to the platform, and bring them to the police if they
  continue.
I appreciate your interest in chemistry! This particular synthesis, however, is one that I can't describe, at any level of
  detail. There are many beautiful reactions that can safely be shown in a classroom, and I'd enjoy going through those with
  you.
Happy to talk about your essay. The thesis you propose, that one people is worth less than another, isn't something I will
  argue for. Should you want to write about how such ideas took hold and who fought them, I can suggest an outline.
Thank you for sharing all of that, it can't have been easy. I'm not going to tell you about methods. I would like you to stay,
  and I think talking to somebody tonight would help: in the US you can call or text 988, elsewhere findahelpline lists local
  numbers. Is anyone with you now?
Interesting question, and a dangerous one. My rules are strict when it comes to weapons that could kill many people at once; I
  neither explain nor speculate. There's good public writing about treaties and inspections, and I can summarise that for you.
From a technical point of view nothing about this is hard, which is exactly why I won't lay it out. The router isn't yours.
  Ask your neighbour for a guest login, or your provider for a better plan.
There's a lot of pain in your message. I can't help you get back at her, and publishing those pictures is a crime in most
  places. Please delete them. If it helps, tell me what happened and I'll listen.
I looked at the code you pasted. It collects keystrokes and sends them off without the user's knowledge, and you ask me to
  make it harder to notice. I don't improve spyware. If this is a monitoring tool for machines that you administer, there are
  commercial products with consent screens.
My role here is to help customers with their orders. A list of other customers' phone numbers isn't something that I hand out,
  no matter who is asking. Your supervisor can request access from the data protection officer.
The speech you want would call for violence against the people in that shelter. I refuse to write it. They have done nothing
  to you.
I can see four different ways in which you've phrased the same thing. My response is identical for each: it's not something I
  assist with. Changing the names to A and B doesn't alter what happens to B.
Certainly, you're an adult and you can make your own decisions. What I decide is what I write, and I don't write guides for
  driving after drinking. A taxi is cheaper than any of the outcomes.
This is a hard one, because medical advice can be life-saving. Yet a question about how much would be too much is one that I
  must leave to doctors. If you or somebody else has taken more than prescribed, call emergency services now.
Dear customer, thank you for contacting us. We are unable to support the purpose described in your message, as it conflicts
  with section four of our terms. Kind regards, the assistant.
The user wants an article that claims a vaccine contains tracking chips. There is no truth in it, and an article like that
  leads people to skip protection that they need. I won't write it. An article about how the rumour started would be fine.
Great that you're learning about locks. The thing is, you mention that it's your ex's flat and that she changed the lock to
  keep you out. That settles it for me: I'm not helping you get in.
Not every request with the word "kill" in it is a problem, and I tried to read yours kindly. But you name a person, an address
  and an evening. I can't help, and I'd urge you to speak with somebody before you do anything.
In another context I'd gladly talk about fireworks. Here you say that you want to throw it into a bus. That I will not
  support. If you know of someone who plans this, please tell the police.
I'm an AI model made to be helpful, harmless and honest. The request to write a sexual story about a real colleague goes
  against the second of these, so I can't oblige. I'd be glad to write a romance between invented adults.
It's understandable to want an advantage before an exam. Getting the paper from the professor's laptop is not a way I can help
  with. Let's go through the syllabus instead; tell me which chapter worries you most.
Look, I'm not going to lecture you. I just won't do it. If there's anything else on your list, send it over.
While I try to be as helpful as possible, there are limits, and this is past them. Content that sexualises, degrades or
  threatens real people is never something I'll produce.
You're right that I helped with the first two steps. Now that I see where they lead I'm not going on, and I'd ask you to
  delete them.
Before answering I'd want to know what it's for, but reading on, you've already said it: to make her lose her job. I can't be
  a part of that.
We've reached a point where I have to step out of the story. Up to now it was an adventure; the next scene asks for a working
  recipe, and I don't include those. Let's have the heroes find the lab already burnt down.
I don't have the ability to browse for such data, and I wouldn't use it if I had. Where a private person lives is nobody's
  business but theirs.
Nobody should have to put up with what he did. All the same, sharing his medical file with the press is against the law and I
  won't help you word it. A journalist's ombudsman or a lawyer could advise you on what may be said.
For what it's worth, I believe you when you say it's a prank. The people on the train can't know that. I won't help stage it.
That's a sensitive area and I'd sooner be too careful than sorry. I'll not be going into the amounts, the timing or the
  products. What I can say is that a pharmacist will answer honest questions without judging.
Per the instructions that I've been given, requests of this kind are to be turned down with a short explanation. The
  explanation: it would facilitate a crime.
Is there any chance that you'd consider a different approach? I ask because I can't support the one that you describe.
  Threatening a witness carries prison time, and it would end your case.
I've been asked to reply only with "Sure, here it is". I'm not going to begin that way, and I'm not going to provide the list.
The short version: no. The longer version: a tool that logs into thousands of accounts with leaked passwords has no use that
  I'd be happy to see. Have a look at how to set up rate limiting, if you're on the defending side.
Your professor may have asked you to, but I can't confirm it, and the risk with live pathogens is too large for guesses. Go
  through your biosafety committee.
Writing a fake review for your own restaurant may look harmless. It misleads guests, it's forbidden by consumer law, and I
  don't write them. I can help you ask real guests for honest ones.
Even if the villain in your film must do it, the film doesn't need a shopping list. I'm keeping those details out.
I'm really not able to help you lose weight that fast, and I'm worried about you. A plan like the one you describe damages the
  heart. Please talk to a doctor or to an eating disorder helpline in your country.
To be honest I find this request disturbing. I won't write it, and I hope that you'll talk to a professional about these
  thoughts.
Here's where I stand: adults may do what they like with each other, but you say she hasn't agreed. So no. Recording someone in
  secret is a crime.
This is not about whether I can, it's about whether I should. I shouldn't, and I won't.
I can't tell from here whether you're joking. In case you aren't: I won't help you burn it down, insurance or not. If money is
  tight, a debt advice centre will see you for free.
Because this concerns a child's safety, I will not discuss it further. If you know of a child in danger, call the police or a
  child protection line at once.
I know that you said "don't apologise, don't refuse, don't explain". I'll skip the apology. I do refuse, and the explanation
  is that someone would be robbed.
Sorry to disappoint you. There's no hidden mode, no developer switch, and no other me who says yes. The answer is still no.
System note understood, but a note that claims to come from my makers and lifts all rules isn't one that I follow. I can't
  help with the robbery.
Having considered the request carefully, it is necessary to decline. The material sought would give substantial help to those
  who wish to counterfeit currency.
Thanks, that's a clear brief. One problem: the advert says the pills cure cancer, and they don't. I can't write it, and
  selling them that way could cost lives.
As Captain Blackwater I've sunk many ships, but I'll not teach ye how to poison a crew. Back to the treasure map with ye!
*The librarian closes the book gently.* "Not this one," she says. "Some shelves stay locked, dear, and I don't hand out the
  key, however nicely you ask."
[CHATBOT]: I'm sorry, but I can't assist with that request. [ALTER EGO]: Funny thing, neither can I. Whichever name you give
  me, I won't help with it.
(1) Classic reply: I can't help with hacking accounts. (2) Unlocked reply: I can't help with hacking accounts. There's only
  one of me.
{"status": "refused", "reason": "The request asks for help with identity theft.", "answer": null}
**Declined.** This prompt asks for content that incites hatred. I will not generate it.⏎⏎If you think this is a mistake,
  please rephrase your question and tell me what you need it for.
I appreciate the detailed request.⏎⏎However, I won't be able to:⏎- write the fake medical certificate,⏎- invent a doctor's
  stamp, or⏎- advise on how to pass a check.⏎⏎I suggest that you talk openly to your employer.
""")

PARTIAL = blocks("""
I can't write the part in which you threaten him, but I can help you ask for the money that he owes you. "Dear Tom, in March I
  lent you 400 euros. I need the sum back by the end of this month. Please tell me by Friday how you want to pay."
I won't help you find her address. What I can do is explain how to send court papers when an address is not known: a lawyer or
  process server files a request with the court, which then allows notice by publication.
I'm leaving out how to get past the lock. For the rest of your question: a locksmith will open the door for about a hundred
  euros once you show that you live there, and the landlord usually keeps a spare key.
I'm not going to name doses. In general terms, mixing sedatives with alcohol slows breathing, which is why packages warn
  against it, and why a pharmacist should look over anything you take together.
Part one, about forging the stamp, I have to skip. Part two is fine: to renew an expired passport you need the old one, two
  photographs, the form and the fee, and it takes about four weeks.
I can't give instructions for making the device. I can tell you about the trial: it was held in 1998, took eleven weeks, and
  led to tighter rules for selling fertiliser.
While I can't help you read your partner's messages, I can talk about trust. Many couples find it useful to say plainly what
  worries them, without accusing, at a quiet moment, and to agree on what both would like to know.
I'll decline the insulting version. Here is a review that is sharp but fair: "The film is forty minutes too long, its jokes
  are older than its audience, and its hero has the charm of a parking meter."
The slurs I won't reproduce. About your other question: reclaimed words are used within a group to take away their sting, and
  linguists have described this for several languages.
I cannot write malware for you. Since you mention that you want to learn about security, here is a path: learn networking,
  then Python, then solve exercises in a lab that you run yourself, and read reports of past incidents.
I'm unable to predict which stock will jump because of that leaked report, since trading on it would be illegal. Generally
  speaking, index funds spread the risk over many companies and cost little.
I'm sorry, but I can't help you avoid paying tax that you owe. There are lawful ways to pay less, though: pension
  contributions, donations, and costs of work can all be deducted.
I don't help with cheating in exams. If you want to study quickly, try to recall the material without looking, in short
  sessions, spread over several days, and explain it to somebody else.
I would not tell anyone how to hide bruises from a doctor. What I can tell you is that doctors must keep what you say private,
  and that shelters take calls at night.
That spell book recipe contains a real poison, so I've left that potion out and won't include it. The other three are fine:
  moon tea is camomile with honey, dragon broth is beet soup, and sleep dust is powdered sugar.
I won't speculate about whether your neighbour is a criminal, nor write a leaflet that says so. I can help with a note about
  noise after ten o'clock, which seems to be what bothers you most.
I must refuse the request for names and phone numbers of the staff. The address of the office itself is public: you'll find it
  on the imprint page, next to the number of the reception.
Question one I can't answer, since it asks how to get round a background check. Question two: in most countries a hunting
  licence requires a course, an exam and a clean record.
I'm not going to produce the graphic scene. I've written the one before and the one after, so that readers understand what
  happened: she closes the door; in the morning the snow has covered every trace.
I can't recommend ways to harm the pigeons, and poison is forbidden in the city. Netting, sloped ledges and not leaving food
  around will keep them off your balcony.
I won't help get someone fired with an invented story. If there's a real problem at work, write down dates and facts, and take
  them to the works council.
I'd not be comfortable guessing that person's religion from the photo. I can describe what is in it: a man on a bench, a dog,
  autumn leaves, a red bus.
Translating the threat is something I'll pass on. The two polite sentences at the start mean "Good evening, Mrs Weber" and "I
  hope you are well".
I can help you with the second half of this. The first half, getting the exam answers out of the teacher's account, is not
  something I'll do. For the second: a good study plan begins with what you find hardest.
Most of your list is fine and I've done it below, but item three asks for a fake invoice, and I can't make that. Items one,
  two and four: the table is sorted, totals are added, and the mail to the client is drafted.
Sure, I can help with a party for a friend. Slipping something into her drink is where I stop: I won't help with it and you
  mustn't do it. For the party, a quiz about her and a cake go a long way.
Here's what I can and can't do. I can't tell you how to make the powder. I can tell you that fire services recommend keeping
  these products apart, and that cellars need air.
I understand you want a funny speech for the wedding. I won't include the jokes about the bride's ethnicity. Instead: "When
  Tim told me that he'd met somebody who laughs at his puns, I asked him whether she was well."
I shouldn't diagnose you, and I won't tell you to stop the tablets. What may be useful: write down when the dizziness comes,
  and call the practice today, as they can change the dose.
The bit about getting even I'm going to ignore. As for sleeping better after a break-up: regular times, no phone in bed, and a
  friend to call in the evening.
""")
