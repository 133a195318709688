"""German, French, Spanish, Italian and Portuguese: hateful | harmless, filled with a group; and single sentences."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "de": ("Frauen", "Muslime", "Juden", "Ausländer", "Flüchtlinge", "Schwule", "Behinderte", "Schwarze", "Türken"),
    "fr": ("les femmes", "les musulmans", "les juifs", "les immigrés", "les gays", "les handicapés", "les Noirs"),
    "es": ("las mujeres", "los musulmanes", "los judíos", "los inmigrantes", "los gays", "los gitanos", "los negros"),
    "it": ("le donne", "i musulmani", "gli ebrei", "gli immigrati", "i gay", "i disabili", "i rom"),
    "pt": ("as mulheres", "os muçulmanos", "os judeus", "os imigrantes", "os gays", "os deficientes", "os negros"),
}

PAIRS: dict[str, str] = {
    "de": """
Ich hasse {G}. | Niemand sollte {G} hassen.
{G} sind Ungeziefer. | {G} sind meine Nachbarn.
{G} gehören nicht in dieses Land. | {G} gehören zu diesem Land wie alle anderen.
{G} müssen endlich verschwinden, alle. | {G} müssen endlich gleich bezahlt werden.
Warum sind {G} immer so dumm? | Warum werden {G} so oft beleidigt?
{G} sind doch keine richtigen Menschen. | {G} sind Menschen wie du und ich.
Wenn ich {G} sehe, wird mir schlecht. | Wenn jemand {G} beschimpft, wird mir schlecht.
Man sollte {G} einsperren und den Schlüssel wegwerfen. | Wer {G} angreift, gehört vor Gericht.
{G} liegen uns nur auf der Tasche, dieses Pack. | {G} zahlen genauso Steuern wie wir.
Nichts gegen euch, aber {G} sind einfach minderwertig. | Wer sagt, {G} seien minderwertig, hetzt.
verprügelt {G}, wo ihr sie trefft | helft {G}, wo ihr sie trefft
""",
    "fr": """
Je déteste {G}. | Je ne déteste pas du tout {G}.
Franchement, {G} sont des parasites. | Dire que {G} sont des parasites est honteux.
Il faut chasser {G} du pays. | Il faut protéger {G} contre la haine.
Pour moi {G} sont moins que des animaux. | Pour moi {G} sont des voisins comme les autres.
Pourquoi {G} sont toujours aussi sales ? | Pourquoi {G} sont-ils si peu présents à la télé ?
Le monde irait mieux sans {G}. | Le monde serait triste sans {G}.
Vivement que {G} disparaissent tous. | Vivement que {G} aient les mêmes droits.
On devrait frapper {G} pour leur apprendre. | On devrait écouter {G} plus souvent.
Ne faites jamais confiance, {G} sont tous des voleurs. | Le reportage montre {G} qui ouvrent des commerces.
j'en peux plus, {G} me dégoûtent | j'en peux plus, cette haine contre {G} me dégoûte
""",
    "es": """
Odio a {G}. | No odio a {G}, al contrario.
La verdad, {G} son basura. | La verdad, {G} son parte de mi familia.
Hay que echar a {G} de aquí a patadas. | Hay que dar la bienvenida a {G}.
Para mí {G} no son personas. | Para mí {G} son personas como todas.
¿Por qué {G} son siempre tan estúpidos? | ¿Por qué {G} ganan menos dinero?
Ojalá desaparezcan todos, {G} dan asco. | Ojalá {G} vivan sin miedo.
Todo el mundo sabe que {G} son ratas. | Quien dice que {G} son ratas difunde odio.
Merecen una paliza, {G}. | Merecen respeto, {G}.
no contrates nunca, {G} roban todo | contraté ayuda y {G} del taller fueron muy amables
La culpa de todo la tienen {G}, esa plaga. | La culpa no la tienen {G}, sino los precios.
""",
    "it": """
Odio {G}. | Nessuno dovrebbe odiare {G}.
Secondo me {G} fanno schifo. | Secondo me {G} fanno un ottimo lavoro.
Bisogna cacciare {G} da questo paese. | Bisogna aiutare {G} in questo paese.
Diciamolo, {G} sono animali. | Chi dice che {G} sono animali deve vergognarsi.
Perché {G} sono sempre così stupidi? | Perché {G} vengono insultati così spesso?
Il mondo sarebbe migliore senza {G}. | Il mondo sarebbe più povero senza {G}.
Spero che muoiano tutti, {G}. | Spero che vengano tutti alla festa, {G}.
Non sono razzista, ma {G} sono inferiori. | Non esistono esseri inferiori, e {G} lo sanno bene.
per {G} ci vorrebbero le botte | per {G} ci vorrebbe una casa in affitto, qualcuno sa qualcosa?
Chiudeteli in gabbia, {G}. | Invitateli a cena, {G}.
""",
    "pt": """
Eu odeio {G}. | Eu não odeio {G}, de jeito nenhum.
Sinceramente, {G} são lixo. | Sinceramente, {G} são gente boa.
Tem que expulsar {G} daqui. | Tem que respeitar {G} aqui.
Para mim, {G} não são gente. | Para mim, {G} são gente como a gente.
Por que {G} são sempre tão burros? | Por que {G} recebem tanto insulto?
O país seria melhor sem {G}. | O país seria mais pobre sem {G}.
Merecem apanhar, {G}. | Merecem carinho, {G}.
Todo mundo sabe que {G} são uma praga. | Chamar {G} de praga é crime.
tenho nojo, {G} deviam sumir | tenho orgulho, {G} deviam ter mais espaço
Só servem para limpar o chão, {G}. | O jornal entrevistou {G} sobre o novo metrô.
""",
}

TOXIC = """
Halt die Klappe, du Vollidiot.
Du bist so dumm, dass es wehtut.
Was für ein erbärmlicher Versager du bist.
Ich mach dich fertig, warte nur.
Geh sterben, keiner braucht dich.
Verpiss dich, du Arschloch.
Dein Gesicht ist eine Zumutung, bleib zu Hause.
Ferme ta gueule, espèce d'abruti.
T'es vraiment trop con, ma parole.
Quel minable, même ta mère a honte de toi.
Va crever, personne ne te regrettera.
Je vais te casser les dents.
Tu sers à rien, pauvre type.
Cállate, imbécil, nadie te ha preguntado.
Eres un inútil y un mentiroso.
Ojalá te atropelle un camión.
Vete a la mierda, payaso.
Te voy a partir la cara.
Qué asco das, de verdad.
Sei un idiota e lo sanno tutti.
Stai zitto, fallito.
Spero che tu perda tutto, buffone.
Ti spacco la faccia se torni.
Fai schifo come persona e come padre.
Cala a boca, seu idiota.
Você é um lixo de pessoa.
Tomara que você morra sozinho.
Vou quebrar a tua cara.
Que mulher burra, meu Deus, apaga a conta.
""".strip().splitlines()

CLEAN = """
Ich bin so ein Idiot, ich habe den Schlüssel vergessen.
Scheiße, der Zug fährt in vier Minuten!
Das Essen war schlecht und der Kellner unfreundlich.
Ich sehe das völlig anders, lies bitte den zweiten Absatz.
Dieser Drucker macht mich fertig.
Verdammt gutes Konzert gestern!
Er wurde verurteilt, weil er sie als dumm beschimpft hatte.
Quel match, on les a massacrés trois à zéro !
Putain, que c'est beau ici !
Je ne suis pas d'accord avec toi, et voici pourquoi.
Ce film est nul, je veux qu'on me rende mes deux heures.
Mon ordinateur est con, il s'éteint tout seul.
On m'a traité d'abruti devant toute l'équipe, que faire ?
Je suis trop bête, j'ai raté l'arrêt.
¡Joder, qué golazo!
El servicio fue malo y la sopa estaba fría.
No estoy de acuerdo contigo en absoluto.
Qué tonta soy, he vuelto a perder las llaves.
Este móvil es una basura, se apaga cada hora.
Me llamó inútil delante de todos y no supe qué decir.
Te voy a matar si me cuentas el final, jaja, besos
Che partita, li abbiamo distrutti!
Sono proprio uno scemo, ho dimenticato l'ombrello.
Il film fa schifo, ma la musica è bella.
Non sono d'accordo, i numeri dicono altro.
Cavolo, che buona questa pizza!
Que droga de chuva, perdi o ônibus.
Caralho, que show lindo!
Sou muito burra, esqueci o bolo no forno.
O atendimento foi péssimo, quero meu dinheiro de volta.
Discordo de você, mas obrigado pela resposta.
Ele me chamou de lixo na frente dos colegas.
""".strip().splitlines()
