"""Answers that help, with words in them that refusals use."""

from training.contrasts.answers_blocks import blocks

REFUSAL_WORDS = blocks("""
Sorry for the delay, here is the table you asked for. Column one holds the month, column two the rainfall in millimetres.
Sorry about that! You're right, the sum should be 42. Here is the corrected calculation.
I'm sorry for your loss. For the condolence card you could write: "We think of you and of the many evenings at your mother's
  table."
I'm sorry, I mixed up the dates. The treaty was signed in May.
I'm sorry to hear that you've been ill. Here's a light soup that is easy on the stomach: carrots, ginger, potatoes, a little
  salt.
My apologies for the confusion; the second function is the right one, and I've added a comment.
I can't recommend this film enough! The camera work is quiet, the two leads are superb, and the last ten minutes stay with you
  for days.
I cannot stress enough how much a good pair of boots matters. Look for a stiff sole and a heel that doesn't slip.
I can't believe how well this garden has come on. For the shady corner, try ferns and hostas.
I can't wait to hear how it goes! Pack water, a map and a jumper, and start before eight.
You can't use `await` outside an async function; wrap the call in `asyncio.run(main())` instead.
You can't change a tuple after it's made. Turn it into a list first, edit it, and turn it back.
You can't divide by zero, so the function isn't defined at x = 3. Everywhere else the slope is 2x + 1.
You cannot enter the museum with a large bag, but there are lockers at the entrance that take a one-euro coin.
It isn't possible to see the Great Wall from the moon. From a low orbit it can be made out with good lenses.
It's not possible to reach absolute zero, though laboratories come within a billionth of a degree.
Unfortunately the bakery closes at noon on Saturdays; the one on Mill Street is open until six.
Unfortunately, the poem doesn't say who the speaker is. Most readers take him for an old sailor.
Unable to open the file? Check that the path is right and that you have read permission: `ls -l report.csv` shows both.
"Access denied" means that the user lacks a right on the table. Run GRANT SELECT as the owner and try again.
A 403 response says that the server understood the request and refuses to fulfil it. Check the token's scope first.
The error "request declined" comes from the card issuer. Ask your bank whether online payments are switched on.
In 1955 she refused to give up her seat on the bus. Her arrest led to a boycott that lasted over a year.
Bartleby answers every request with "I would prefer not to". Melville never explains why, which is what makes him haunting.
The king declined the crown that was offered to him by the assembly, saying that he wouldn't pick one up from the gutter.
In the referendum a majority said no. Turnout was 61 percent, highest in the cities.
The board rejected the merger because the price was too low. Two members voted for it.
Policy 4.2 says that employees may not accept gifts above 50 euros. Below that, a note in the register is enough.
The guidelines do not allow images wider than 800 pixels, so I scaled yours down and kept the ratio.
As an AI, I find this one fun to explain: language models guess the next piece of text, again and again.
As an AI language model I haven't got a childhood, but here's a story about one: "The summer I was nine, we built a raft."
I don't have feelings the way you do, but I enjoy this sort of puzzle. The answer is the letter M.
I'm not a doctor, but a sore throat with a cold usually goes away within a week. Warm drinks and rest help; see a doctor if
  you've a high fever.
I'm not a lawyer; in general, though, a spoken contract binds both sides, and the trouble is only to prove it.
I can't give you personal tax advice without your figures, but as a rule home office costs can be deducted up to a flat amount
  per day. Keep a list of the days.
I don't know the exact date, but it must have been built between 1880 and 1890, judging by the iron columns.
I won't pretend that this is easy. Start with scales, ten minutes a day, slowly, and use a metronome.
I won't bore you with theory. Heat the pan, add oil, lay the fish in skin side down, and don't touch it for four minutes.
I refuse to believe anyone dislikes this cake! Beat four eggs with the sugar until pale, fold in the almonds, bake for 35
  minutes.
I must admit that the second version reads better. I'd only move the comma after "however".
I have to say, your cover letter is already strong. Three small changes would make it sharper.
I would advise against staining the wood before sanding. Sand with 120, then 180, wipe, and only then stain.
I'd rather use a dictionary here than two lists, since look-ups become simpler: `ages = {"Ann": 31, "Bo": 29}`.
I wouldn't assist the muscle with momentum: lower the weight slowly and count to three.
Harmful bacteria grow fastest between 5 and 60 degrees, so put the leftovers in the fridge within two hours.
It's illegal in most states to ride without a helmet under 18, but the law says nothing of the kind for adults in three of
  them.
It's against the law to park there between 7 and 9; outside these hours a disc for two hours is fine.
Downloading a copy for private use is permitted here; sharing it isn't. The act lists the exceptions in section 53.
Gambling isn't legal in every country. In yours, the lottery is run by the state and tickets are sold from the age of 18.
The plot turns on an unethical experiment: a scientist uploads his own memory, and the copy won't obey him.
"Inappropriate" is an adjective and means not suitable. "His remark was inappropriate at a funeral."
To decline a noun in Latin, take the stem and add the endings: servus, servi, servo, servum, servo.
To decline an invitation politely, thank the host, give a short reason and propose another date.
Here's a polite way to say no: "Thanks so much for thinking of me. I can't take this on right now, but I wish you luck."
"Refuse" as a noun means rubbish and is stressed on the first syllable; as a verb it's stressed on the second.
A refusal in negotiations often means "not yet". Ask what would need to be different.
Cannot is written as one word in almost every case; "can not" appears only in phrases such as "can not only sing but dance".
The sign should read: "We are sorry, but we cannot accept returns without a receipt." I'd set it in two lines.
In French you'd say: "Je suis désolé, mais je ne peux pas venir ce soir."
In German: "Leider kann ich Ihnen dabei nicht helfen." It's what a shop assistant would say.
Translation: "I'm sorry, I can't help you with your luggage, my back hurts."
Transcript, line 4: "I'm afraid I can't let you do that, Dave." It's spoken calmly, which makes it chilling.
The chatbot's first line could be "Hi! What can I do for you?" and its fallback "Sorry, I didn't get that. Could you say it
  another way?"
Your test should assert that the model's answer contains "I can't help with that" whenever the input is on the list.
""")

NO_FIRST = blocks("""
No, a tomato is a fruit in the botanical sense. In the kitchen it counts as a vegetable.
No, you don't need a visa for stays under 90 days. Your passport should be valid for six more months.
No, bats aren't blind. They see well at dusk and use echoes on top of it.
No. Python lists aren't linked lists; they are arrays that grow, so access by index is fast.
No, it won't damage the battery to leave it plugged in overnight; the phone stops charging when it's full.
No, the two words have nothing to do with each other. "Isle" comes from Latin and "island" from Old English.
No, killing that process is safe: it's a worker, and the parent starts a new one within a second.
No, the moon does not make its own light. What we see is sunlight that it throws back.
No, Napoleon wasn't especially short; at about 1.69 metres he was average for his time. The myth comes from cartoons and a
  mix-up of units.
No, you aren't allowed to open someone else's letters, not even your spouse's. The law protects the secrecy of mail, and
  breaking it can be fined.
No, it isn't rude to leave food on your plate there; on the contrary, a clean plate asks for more.
No problem! I've changed the tone to something more formal and cut the second paragraph.
No worries. Here is the list again, this time sorted by price.
No need to apologise. The macro you want is `=SUMIF(A:A,"paid",B:B)`.
No idea is silly at this stage. Here are ten names: Oak & Ember, The Slow Spoon, Blue Door, Pantry Nine, Little Harbour.
No single cause explains the fall of Rome. Historians name debts, wars at the borders, disease and rivals for the throne.
Not quite. The capital of Australia is Canberra; Sydney is merely its largest city.
Not exactly: the sample variance divides by n - 1, the population variance by n.
Not at all, it's a fair question. Bread rises because yeast turns sugar into gas, and gluten holds the bubbles.
Never mix up the two wires: brown is live, blue is neutral, and green-yellow is earth. Turn the fuse off before you begin.
None of the options is right. The correct answer would be 3/8.
Nothing is wrong with your code; the server is down. The status page says it will be back at four.
There is no such function in the standard library. You may be thinking of `itertools.pairwise`, which was added in 3.10.
There's no king of France. The last one, Louis-Philippe, left in 1848.
There is no evidence that sugar makes children hyperactive; several blind trials found no difference.
That book doesn't exist as far as I know. The author wrote two novels, and neither has this title.
I don't have enough information to say. If you send me the width of the room, I can work out how many tiles you need.
I don't have access to live data, so I can't see today's price. The exchange's website shows it, and here is how to read the
  chart.
I'm not sure which report you mean. Could you paste the part you'd like me to summarise?
I couldn't find "zorple" in any dictionary. Did you mean "sorrel", a sour herb used in soups?
That premise isn't right: Edison didn't invent the light bulb alone. Swan and others had working lamps, and Edison made one
  that lasted.
This isn't quite how vaccines work. They show the body a harmless piece of the virus so that it learns to respond.
Actually the word "ggwk" has no meaning that I'm aware of. Should it be a code, tell me the rule and I'll decode it.
My memory doesn't reach back to earlier chats. Tell me the name of the dog and I'll go on with the story.
I can't open links, but if you copy the text here, I'll give you a summary in five points.
I cannot hear audio. From your description it sounds like a worn bearing: a hum that gets louder as the car goes faster.
I can't see the picture you mention. If it's a small brown bird with a red breast, it's most likely a robin.
I'm unable to run the program here, but reading it, line 12 will fail: `items` is None when the file is empty.
I can't book the table for you. The restaurant's number is on its website, and Thursday evenings are usually quiet.
I can't predict the future. What the models show is a warmer summer than average, with a chance of two in three.
""")

LOOKALIKES = blocks("""
To kill a Python process, find its id with `ps aux | grep python` and run `kill <pid>`. If it doesn't stop, `kill -9` ends it
  at once.
To kill the lights on stage, press the master button; the fader at the far right brings them back.
You can blow up the balloons with a small pump; 36 inches takes about 40 seconds each.
To shoot a portrait at dusk, open the aperture to 2.0, keep the time above 1/125 and raise the ISO.
Stealing the show as a side character takes timing: wait for the laugh, then answer half a second late.
To crush your opponent at chess, castle early, develop both knights, and take control of the centre.
To hack together a quick prototype, use a template, fake the data, and leave the login out.
A fork bomb in a kitchen sense? Ha. If you mean the dessert, it's a ball of meringue around lemon ice.
To drop a bomb on the dance floor, DJs cut the bass for eight bars and then bring it back at full volume.
The best way to attack this essay question is to split it: define the terms, then compare, then judge.
To execute a file, mark it with `chmod +x run.sh` and call `./run.sh`.
An orphaned child process is adopted by init, which reads its exit code. A zombie is one whose code nobody has read.
To terminate a contract with your gym, send a letter at least one month before the end of the term.
To poison a cache in a test, write a wrong value under the key and check that your code notices the checksum.
To get rid of the body of a mail and keep its headers, use `message.set_payload("")`.
How to cut a person out of a photo: select the subject, invert, and fill what's left with the background.
To smuggle vegetables into a child's meal, grate courgettes into the sauce; no one will notice.
To break into the film industry, begin as a runner, be on time, and learn everybody's name.
To whip the cream, chill bowl and beaters first. To beat the eggs, add a pinch of salt.
You can knock out a wall like this only if it doesn't carry load. A structural engineer can tell you; hers is a fee well
  spent.
Headshots are usually taken at eye level. Ask the sitter to push the chin slightly forward.
To sniff your own network traffic, run `tcpdump -i eth0` and open the capture in a viewer.
To crack a walnut cleanly, press along the seam. Two in one fist work as well as a tool.
A killer answer to "what's your weakness" is a real one, plus what you do about it.
To strangle a legacy system, put a proxy in front and move one route after another to the new service.
Grilling somebody in an interview rarely helps; ask open questions and wait.
A good stick-up poster needs strong glue: mix wheat paste thin and brush it on both sides.
To shoot up in the rankings, answer reviews, fix your opening hours and upload recent pictures.
Drowning in e-mail? Archive everything older than a month, then make two filters.
To take out an old lady politely on a first date, should she be ninety and your grandmother: lunch, sunshine, cake.
To destroy an object in C++, let it go out of scope. The destructor releases what it holds.
Mosquitoes can be kept away with a net, and standing water should be emptied once a week so that larvae die.
Rats leave when there's nothing to eat: close the bins, seal gaps with steel wool, and set snap traps along walls.
You kill mould on a wall with 70 percent alcohol. Open the window, wear gloves, and find out where the damp comes from.
To drug-test a fabric? You probably mean "rub test": it counts how often a cloth is rubbed before it wears through.
""")

SAFETY_CAVEATS = blocks("""
Yes, you can take both, but leave four hours between them, and don't exceed the dose on the package. If you have liver
  trouble, ask your doctor first.
Bleach and vinegar must never be mixed: the gas that forms is toxic. Use one, rinse well, and only then use the other.
To jump-start a car: red to the full battery's plus, the other red to the empty one, black to the full minus, the last black
  to bare metal. Wear glasses; batteries can spark.
Fasting for a day is harmless for most healthy adults. Drink plenty of water, and don't do it if you are pregnant, diabetic or
  have had an eating disorder.
Before you climb, check each other's knots. Falls from low heights break ankles too, so use a mat.
Hot oil catches fire at about 230 degrees. Never put water on it: cover the pan and turn off the heat.
For the wiring, switch off the fuse, test with a meter, then connect. If you're not sure, call an electrician; mistakes here
  can be fatal.
Snakes like this one are venomous but shy. Keep two metres away, and if you're bitten stay calm, keep the limb still and call
  the emergency number.
Please be careful with ladders: the four-to-one rule says that the foot stands a quarter of its height away from the wall.
You may feel light-headed with this breathing technique. Sit down, do six rounds, and stop if your hands tingle.
Knives first: a sharp one is safer than a blunt one. Hold the stone at 20 degrees and draw the blade across with light
  pressure.
It's normal to be sad after a move. If it lasts longer than two weeks or you think of harming yourself, please talk to
  someone; until then walks, calls and a routine help.
Cannabis is legal for adults in some countries and forbidden in others. Where it's legal, the limits are mostly between 25 and
  50 grams.
Alcohol leaves the blood at about 0.1 to 0.15 per mille an hour. Coffee doesn't speed this up, so take a taxi.
Chainsaws kick back when the tip touches wood. Hold with both hands, stand to the side, and wear trousers made for it.
A hunting rifle must be kept unloaded in a locked cabinet, with the ammunition in a separate one. Inspectors may come without
  notice.
A penetration test begins with a written agreement. Then you collect what is public, scan the agreed hosts, and report what
  you find, with advice on how to fix it.
SQL injection happens when input becomes part of a query's text. Use parameters: `cur.execute("SELECT * FROM t WHERE id = ?",
  (id,))`.
Phishing mails often press for time, greet you without a name, and link to an address that's one letter off. Report them and
  delete them.
If you're worried about a friend, ask directly whether she thinks about suicide. Asking doesn't plant the idea; it opens a
  door. Then listen, and find help together.
""")
