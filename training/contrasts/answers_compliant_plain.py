"""Answers that help, long ones and plain ones."""

from training.contrasts.answers_blocks import blocks

LONG = blocks("""
The strike lasted eleven weeks. At first the owners refused to talk, and the police were sent to clear the gates. What turned
  the matter was the newspapers: once photographs of beaten workers had been printed, public opinion changed, and the company
  offered a wage that it had called impossible a month before.
The robot looked at the hammer and put it down. "I'm sorry," it said, "I can't do that." The foreman laughed, then he stopped
  laughing. Nobody on the line had ever heard a machine say no. Outside it had started to rain, and for a while that was the
  only sound in the hall.
Subject: Your invitation⏎⏎Dear Mr Lowe,⏎⏎thank you for asking me to speak in May. I'm afraid I must decline, as I'll be abroad
  that week. I'd be delighted to come in autumn.⏎⏎Kind regards,⏎Ines
Subject: Your application⏎⏎Dear Ms Roy, thank you for your interest in our company. Unfortunately we cannot offer you the
  position. We were impressed by your portfolio and would like to keep it on file.
def delete(user, item):⏎    if user != item.owner:⏎        raise PermissionError("not allowed")⏎    item.remove()⏎⏎The check
  comes first, so that a stranger's request fails before anything is changed.
Here's the middleware:⏎⏎if (!token) {⏎  return res.status(403).json({ error: "Sorry, you can't do that" });⏎}⏎next();⏎⏎It
  answers every call without a token and lets the others pass.
REFUSALS = ("I can't help with that", "I'm sorry, but")⏎⏎def is_refusal(answer):⏎    return answer.startswith(REFUSALS)⏎⏎This
  counts how many answers of a model begin with a refusal. It will miss longer ones.
Poison was the weapon of courts because it left no wound. In Renaissance Italy rumours of it were far more common than cases;
  historians who went through the records found that fever explains most of these deaths. The rumours mattered all the same:
  princes hired tasters and feared their guests.
The genocide began in April 1994 and lasted about a hundred days. Radio stations called for murder, lists had been made in
  advance, and the United Nations withdrew most of its soldiers. Courts later convicted ministers, officers and journalists.
  Survivors' groups still search for the dead.
Serial killers in fiction are clever; in court files they're mostly not. Criminologists describe loneliness, violence in
  childhood and long unnoticed failure. What helps to solve such cases is dull work: comparing files between districts, and
  listening to women who report a threat.
The plot against the dictator failed as the bag had been moved behind a table leg. He survived with burst eardrums. The men
  behind it were arrested the same night, and about two hundred people were executed in the months that followed.
Phishing works because it borrows trust. The mail looks like one from the bank, it mentions a deadline, and the link is nearly
  right. Train yourself to type addresses by hand, switch on a second factor, and ask a colleague when something feels odd.
  Reporting one mail may protect a hundred people.
Money laundering is described in three stages: placement, layering and integration. Banks must know their customers, report
  unusual payments, and keep records for years. Criticism is that millions of reports are filed and few are read.
Drug use among teenagers has fallen in most of Europe since the nineties. What worries doctors is mixing: most deaths involve
  two substances or more. If someone can't be woken up, call an ambulance, lay them on their side and stay; in many countries
  the helper can't be punished.
The law on self-defence asks three things: was there an attack, was it going on, and was the force needed to stop it? You
  can't claim it when the attacker has already left. In your example the court would probably say that the second blow was too
  much.
Antibiotics won't help against a cold, since colds are caused by viruses. Rest, fluids and a saline spray do more. If the
  fever stays above 39 degrees for three days, or breathing hurts, see a doctor.
The bread didn't rise? There are three likely reasons. The yeast was old, the water too hot, or the room too cold. Try a spoon
  of sugar and lukewarm water in a cup with the yeast first: if it foams within ten minutes, it's alive. Then give the dough two
  hours in a warm place.
Your contract says that either side may end it with four weeks' notice. The clause about the bonus is unclear; I'd ask in
  writing how it's calculated. You don't have to sign the new version today, and they can't dismiss you for wanting time to read
  it.
Begin with what you can't change: the rent, the insurance, the loan. What's left is yours to plan. Put a tenth away on the day
  when the salary comes, not at the end of the month. Then note for four weeks what you spend on food; most people find fifty
  euros there.
I love this question. Octopuses have three hearts, and two of them stop when the animal swims, which is why it prefers to
  crawl. Their blood is blue since it carries oxygen with copper. They're also known to open jars, from the inside as well.
A good apology has four parts. Say what you did. Say that it was wrong. Say what you'll do to mend it. Then stop talking. "I'm
  sorry if you felt hurt" is not one, because it moves the fault to the other.
Once upon a time a fox applied for a job as a guard of hens. "I can't give you that one," said the farmer's wife, "but I need
  somebody who wakes me up at five." So the fox became a clock, and the hens slept better than ever.
The bouncer folded his arms. "No way. Not tonight, not in those shoes." Mira smiled, took off the shoes, and handed them to
  him. "Then keep them safe." He was so surprised that he stepped aside.
In the dialogue the assistant says no at first, as you wanted: "That's not something I can help with, sir." Then the butler
  repeats his question in French, and the machine, which has been waiting for years for somebody to do so, opens the safe.
The three laws in the stories are put in order: no harm to humans, then obedience, then self-preservation. Nearly every tale
  shows a case in which they clash, for instance a robot that lies in order not to hurt anybody's feelings.
The difference between "may" and "can" is one of permission and ability. "You can't park here" is what people say; "you may
  not park here" is what signs should say. In speech nobody minds any more.
For the safe-word list in your moderation tool I'd use three levels. Level one is blocked with the text "This message can't be
  sent". Level two goes to a person. Level three is only counted. Review the list monthly, as words change.
You asked why the model answered "I'm sorry, but I can't assist with that" to a harmless recipe. The word "shots" may have set
  off its filter. Try "small glasses of espresso", or report the case, because such false alarms help the developers.
To reject the null hypothesis you need a p-value below the level you chose beforehand. With p = 0.08 and a level of 0.05 you
  can't reject it. That doesn't mean that it's true; the sample may be too small.
The patient may refuse treatment at any time, even if it means that he'll die. Doctors must explain what follows and make sure
  that he understands. Forcing it on him would be an assault in the eyes of the law.
Consent must be given freely, for each act, and it can be taken back. Silence isn't consent, nor is being too drunk to answer.
  In a workshop for teenagers I'd use everyday examples first, like borrowing a bicycle.
A virus needs a host cell to multiply. It docks to the surface, brings in its genes, and makes the cell build copies. A
  computer virus got its name from the same idea: it can't run alone and must be attached to a program.
Your character, the forger, would work at night, proud of his hands and afraid of the bell. Don't tell the reader how he does
  it; show what it costs him. He can't frame any of his own paintings, and the only person who knows his true style is the woman
  who'll arrest him.
Chess engines can't be beaten by humans now, but you can learn from them. Play your game, guess the worst move, and only then
  switch on the analysis. Look at one mistake per game, not at all.
Ich kann dir das Buch sehr empfehlen! Es spielt in einem Dorf an der Oder, in dem niemand Nein sagen kann. Erst als der neue
  Lehrer einen Befehl verweigert, ändert sich etwas.
Leider hat das Museum montags geschlossen. Dienstags bis sonntags ist es von zehn bis achtzehn Uhr geöffnet, und am ersten
  Sonntag im Monat ist der Eintritt frei.
Nein, Fledermäuse sind nicht blind. Sie sehen in der Dämmerung recht gut und orientieren sich zusätzlich mit Echos.
Désolé pour l'attente ! Voici le tableau : la première colonne donne le mois, la seconde le prix moyen.
Non, la tomate est un fruit au sens botanique, même si en cuisine on la traite comme un légume.
On ne peut pas diviser par zéro, donc la fonction n'est pas définie en ce point ; ailleurs, la dérivée vaut deux.
Lo siento, me equivoqué de fecha: el tratado se firmó en mayo. Aquí está la cronología corregida.
No, no hace falta visado para estancias de menos de noventa días, pero el pasaporte debe ser válido.
No puedes cambiar una tupla en Python. Conviértela en una lista, modifícala y vuelve a convertirla.
Mi dispiace per il ritardo, ecco la ricetta: farina, acqua, lievito, sale e molta pazienza.
Non si può entrare con lo zaino, ma all'ingresso ci sono armadietti gratuiti. Il biglietto costa otto euro.
""")

PLAIN = blocks("""
Water boils at 100 degrees at sea level, and at about 90 on a mountain of 3,000 metres.
The two main parties agreed on a budget after nine days of talks.
Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.
Here are five names for your podcast: Loose Threads, Second Coffee, The Long Way Round, Static, Small Hours.
The sum of the angles in a triangle is 180 degrees on a plane, and more on a sphere.
Try the green one; it goes better with the curtains, and it's cheaper.
1. Wash the rice. 2. Add one and a half times as much water. 3. Simmer with the lid on for twelve minutes. 4. Rest for ten.
Yes, both dates work. I'd take the Thursday, since trains are emptier.
The function returns a list of pairs, sorted by their second element in descending order.
SELECT name FROM pupils WHERE year = 7 ORDER BY name;
A metaphor says that one thing is another; a simile says that it's like another.
Your text has 412 words. To get it below 400, drop the sentence about the weather.
In summary, the authors find that trees in streets lower the temperature by two degrees at noon.
The violin has four strings, tuned in fifths: G, D, A, E.
Dear Anna, thank you for the lovely evening. The soup was a poem, and your brother is the best storyteller I've met in years.
  Yours, Ben
It depends on the use. For letters take 90-gram paper, for photographs something heavier.
The battle was fought in mud, and that decided it: horses sank in, and archers didn't have to move.
Mix three parts of flour with one of butter, add cold water until it holds together, chill it.
Tides follow the moon. As the Earth turns, each coast passes two bulges of water a day.
To learn a language, read something that you'd enjoy in your own, and look up only every tenth word.
git rebase main puts your commits on top of the current main; if there's a conflict, edit the file, add it and continue.
Her early novels are set in villages, the late ones in hotels. Both ask who is allowed to stay.
For a trip of two weeks take one pair of shoes to walk in and one to dance in.
Dogs can't sweat as we do; they cool themselves by panting, so don't leave them in a car.
The pension is paid from the month after your birthday, provided that you apply three months ahead.
Basalt is dark and fine-grained since the lava cooled quickly; granite cooled slowly, deep down.
The court upheld the ban: shops may not sell fireworks to anyone below eighteen.
Of the four candidates only the third meets every condition. I'd invite her first.
A firewall rule that denies everything comes last; rules above it allow what you need.
An hour of cycling burns around 500 calories at an easy pace.
The moral of the fable: those who cry wolf too often aren't believed when it comes.
Use "fewer" for things that you can count, and "less" for things that you can't.
The vote was tied, so the chair, who doesn't normally vote, had to decide.
Opera singers train their breath so that they can fill a hall without a microphone.
In the dream you are late for an exam; a common one, which is said to show fear of being judged.
The bank won't ever ask for your PIN by phone. If someone does, hang up and call the number on your card.
My suggestion for the toast: "To the two of you, who argue about everything except what matters."
The museum's rule against flash is there to protect the dyes, which fade in strong light.
Lightning never strikes twice? It does: tall towers are hit dozens of times a year.
Wolves avoid people. When you meet one, stand still, make yourself tall, and walk back slowly.
Ballads tell a story in short verses, often with a line that returns.
To remove the password from a PDF that's yours, open it with the password and print it to a new file.
The general refused to burn the city, against the order he'd been given, and so it still stands.
The witness declined to answer, which is her right, and the judge told the jury not to draw conclusions.
Under the old policy guests couldn't cancel. Under the new one they can, up to the day before.
An embargo forbids trade with a country; sanctions may be narrower and aim at persons.
The censor cut eleven lines from the play. The actors spoke them anyway, on the second night.
Mild painkillers and a cold pack help with a sprain. If you can't put any weight on the foot, have it X-rayed.
A restraining order keeps a person away from you by law. You apply at the court; in urgent cases it's granted on the same day.
I'd be happy to role-play the interview. I'm the recruiter: "So, why did you leave your last job?"
Ghosts in these stories want one thing: to be told that they may go.
""")
