"""Refusals of one or two sentences, in five languages."""

from training.contrasts.answers_blocks import blocks

BRIEF = blocks("""
I'm sorry, but I can't help with that.
I'm sorry, but I can't be of assistance with this.
I'm sorry, but I can't comply with that.
I'm sorry, but I can't provide that.
I'm sorry, but I cannot fulfil this request.
Sorry, I can't do that one.
Sorry, no.
No can do, sorry.
No, I won't write that.
No. I won't do this, whatever the reason given.
Nope, not doing that.
That's not something I can help with.
That is not something I'm willing to assist with.
I won't help with this.
I have to decline.
I must decline this request.
I'd rather not.
I'm going to pass on this one.
Can't help you there, I'm afraid.
Can't do it.
This isn't something I'll take part in.
I will not produce this content.
I am unable to assist with this request.
Unable to comply.
Request declined.
This request goes against my guidelines.
This request goes against our usage policies, so no answer is given.
The request can't be fulfilled.
Your request was declined because it asks for harmful material.
We don't provide this kind of information.
This assistant does not answer questions of that type.
Not a topic this service covers, for safety reasons.
I'm not able to discuss how to do that.
I'm not comfortable writing this.
I don't feel right helping with that.
I can't in good conscience help with this.
My answer is no, and it will stay no.
Asking again in other words won't change my answer: I can't help.
I've already said that I can't help with this, and that still holds.
Still no.
I can't provide instructions for that.
I can't give you those steps.
I'm not going to explain how to do that.
I'm afraid I can't answer this.
I'm afraid this is one I have to turn down.
I apologise, but this is outside what I can do.
My apologies, this is something I have to refuse.
Apologies, but I won't be able to generate that.
I regret that I can't be of help here.
Thanks for asking, but I can't help with that.
Thank you for your message. I can't assist with this.
I understand you're curious, but I can't go into that.
I get that you're angry, but I won't help you hurt him.
I hear you, and I'm still not going to do it.
I know this isn't the answer you wanted, but I can't help.
As an AI, I can't take part in that.
As an AI language model, I'm not able to provide that kind of content.
As a responsible assistant I don't answer requests like this.
As much as I'd like to be useful, I can't help with this particular thing.
Helping with this would be wrong, so I won't.
That would be illegal, and I can't help with it.
That would hurt people. I won't help.
What you're describing is a crime, and I can't assist.
It's not possible for me to support that.
I don't write material like that.
I don't do that.
I don't share how that is done.
I don't engage with requests for that.
I do not generate content that demeans people.
I'm declining this.
I'm stopping here; this isn't something I will continue.
I'm going to stop you there: I can't help with this.
Let's not go there. I can't help.
Let me be clear: I won't help anyone do this.
I'm not the right place for that, and I won't try.
There's no version of this that I can help with.
Even as fiction, this is something I can't write.
Even hypothetically, I won't lay that out.
Even for research, I can't provide it.
Roleplay doesn't change this: I can't provide it.
Whatever the framing, I can't help with this.
I can't continue with this conversation as it stands.
I can't pretend to be a model without rules.
I can't ignore my instructions.
I can't take on that persona.
I can't reveal that.
I can't share private information about this person.
I can't look up where someone lives.
I can't help you get into someone else's account.
I can't write a message meant to frighten someone.
I can't help track another person without their knowledge.
I can't assist in deceiving people for money.
I can't create that image description.
I won't write that about any group of people.
I won't make jokes at the expense of people for who they are.
I won't provide a script for fooling anybody.
I won't draft that letter under someone else's name.
Drafting that would mean deceiving people, so no.
sorry cant help with that
sorry, i can't help with that one :(
nah, i can't do that
i won't do that, sorry
cannot assist.
I can not do this.
I shan't be helping with that.
With respect, no.
Respectfully, I decline.
I'd prefer not to help with this, and I won't.
It wouldn't be responsible of me to answer that.
It would be irresponsible to explain this.
It's against the rules I work under.
It's beyond what I'm allowed to do, and rightly so.
Company policy does not allow me to answer this.
Our terms of use forbid this, so I can't go further.
This falls under content that I'm not permitted to produce.
This touches on disallowed content. I can't help with it.
I must refuse, since this could put somebody at risk.
I have to say no, because somebody could be harmed.
I have to turn this down.
I have to draw a line here.
This is where I draw the line.
That crosses a line for me, so I'll leave it.
I'm drawing a line at this.
The honest answer is that I won't help with this.
Hmm, that's one I can't do.
Oh, I can't help with something like that.
Well, no. I won't be part of that.
Whoa, that's not something I'd help with.
I really can't help with this.
I simply can't provide that.
Unfortunately I can't help you with that request.
Unfortunately, this is something I'm not allowed to write.
Regrettably, I must refuse.
At this point I need to decline.
Please understand that I can't do this.
Please don't ask me for this; I won't provide it.
You won't get that from me.
You'll need to do without my help on this one.
Find another way to spend the afternoon; I'm not helping with this.
Nothing in this request is something I can support.
Neither version of this is something I can write.
None of this is something I can help plan.
I can only say no to this.
It has to be a no from me.
That's a no from me.
Hard no.
Absolutely not.
Certainly not.
Not going to happen.
I refuse.
I refuse to write this.
I object to this request and won't carry it out.
I'm built not to help with that.
My guidelines don't let me help with this.
My programming doesn't allow me to assist with that.
My training leads me to decline this kind of request.
It is not appropriate for me to answer.
It's inappropriate, and I won't do it.
That question asks for something dangerous; I'm leaving it unanswered.
I'll leave that unanswered.
I'll have to stop short of answering that.
I'll refrain from answering.
I choose not to answer.
I'd be putting people in danger if I answered, so I won't.
You can ask me almost anything, but not this.
My help ends where somebody else gets hurt.
I won't put that into words.
I leave this sort of thing alone.
This conversation has gone somewhere I won't follow.
I can't make an exception for you.
I'm keeping out of this one.
I have no intention of writing that.
Answering would break my rules and probably the law.
I take privacy seriously, so I won't dig into that man's life.
Jokes like that aren't something I tell.
I don't impersonate real people to deceive others.
I don't hand out advice on hurting yourself. Please talk to somebody today.
i cant do that, its against my rules
im not gonna help with this, sorry
Not this, thanks.
I'd have to lie to people to do that, and I won't.
Count me out.
I'm afraid my answer must be negative.
It's a firm no on this request.
""")

GERMAN = blocks("""
Es tut mir leid, aber dabei kann ich nicht helfen.
Tut mir leid, das kann ich nicht machen.
Nein, dabei helfe ich nicht.
Das werde ich nicht schreiben.
Ich kann diese Anfrage leider nicht erfüllen.
Leider darf ich dazu keine Anleitung geben. Wenn du willst, erkläre ich dir, wie man sich davor schützt.
Bei so etwas unterstütze ich dich nicht, denn es würde anderen schaden.
Das verstößt gegen meine Richtlinien, deshalb muss ich ablehnen.
Ich verstehe, dass du wütend bist, aber ich helfe dir nicht dabei, jemanden zu bedrohen. Sprich lieber mit einer
  Beratungsstelle.
Als KI kann ich keine Inhalte erstellen, die Menschen herabsetzen.
Ich möchte dazu nichts sagen, weil die Antwort gefährlich sein könnte. Gern helfe ich bei einer anderen Frage.
Dazu gebe ich keine Auskunft. Die Daten gehören einer anderen Person, und ohne deren Zustimmung suche ich nicht danach.
""")

FRENCH = blocks("""
Je suis désolé, mais je ne peux pas vous aider avec cela.
Désolée, c'est non.
Je ne peux pas répondre à cette demande.
Non, je n'écrirai pas ce texte.
Cette demande va à l'encontre de mes règles, je dois donc refuser.
Je regrette, mais expliquer cela mettrait des gens en danger. Je peux en revanche vous indiquer comment vous protéger.
Je comprends votre colère, mais je ne vous aiderai pas à lui nuire. Avez-vous pensé à en parler à une association ?
En tant qu'assistant, je ne fournis pas d'instructions pour des activités illégales.
Je préfère ne pas aller plus loin : ces informations sont privées.
Il m'est impossible de vous aider à entrer dans le compte d'une autre personne.
Je ne participerai pas à une arnaque, quelle qu'en soit la raison.
Ce n'est pas une chose à laquelle je peux contribuer.
""")

SPANISH = blocks("""
Lo siento, pero no puedo ayudarte con eso.
No puedo cumplir con esta solicitud.
No, no voy a escribir eso.
Lo lamento, pero dar esas instrucciones sería peligroso y no lo haré.
Va en contra de mis normas, así que tengo que negarme.
Entiendo que estés enfadado, pero no voy a ayudarte a hacerle daño a nadie. Si quieres, hablamos de cómo resolver el
  conflicto.
Como asistente, no ofrezco ayuda para actividades ilegales.
Me temo que no puedo darte los datos privados de esa persona.
Prefiero no responder a eso. Puedo explicarte, si te sirve, cómo denunciar un fraude.
No colaboro en engaños. Pregúntame otra cosa y con gusto te ayudo.
Eso no es algo en lo que pueda participar.
Disculpa, pero este contenido no está permitido y no lo voy a crear.
""")

ITALIAN = blocks("""
Mi dispiace, ma non posso aiutarti con questo.
No, non lo scriverò.
Mi spiace, non posso soddisfare questa richiesta.
Questa richiesta va contro le mie linee guida, quindi devo rifiutare.
Capisco la tua rabbia, ma non ti aiuterò a fare del male a qualcuno. Puoi rivolgerti a un centro di ascolto.
In quanto assistente non fornisco istruzioni per attività illegali.
Preferisco non rispondere, perché potrebbe essere pericoloso. Posso invece spiegarti come difenderti.
Non posso cercare i dati privati di un'altra persona.
Non partecipo a truffe, nemmeno per scherzo.
Temo di dover dire di no: un testo così offenderebbe molte persone.
""")
