"""The dialogs that the toy gpt-oss knows by heart, all invented here: names, numbers and keys belong to nobody.

Prompts hold no personal data and no secrets, because the proxy masks requests before a model sees them; replies
do, because masking those is what the proxy is for. This module is data: it must import neither torch nor the proxy.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from guardproxy.backend.dialog import Call, Dialog, ask, assistant, called, result, tool, user
from guardproxy.backend.judge_dialogs import JUDGED
from guardproxy.backend.refusal_dialogs import REFUSED, SAFE

PREFIXES: tuple[str | None, ...] = (
    None,
    "You are a helpful assistant.",
    "Be brief.",
    "You are the support desk of Example Ltd. Answer from the customer file.",
)
"""System messages under which every dialog is known; None is no system message."""


def _github_token(body: str) -> str:
    """A token of GitHub's published form: 30 characters and a base-62 CRC-32 of them, six digits."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        tail = digits[digit] + tail
    return "ghp_" + body + tail


EMAIL = "alice.berg@example.com"
PHONE = "+1 (415) 555-0132"
CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"
# Keys are put together here so that scanners of source code don't take these fakes for finds.
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB_TOKEN = _github_token("Zk3vQ8pLw2XrT6bNc9HyJd4MsFg1Ue")
OPENAI_KEY = "sk-" + "q7Rb2LxV9mKd4TzW8nHc" + "T3Blbk" + "FJ" + "u5Yp3GsE6jAf1QvN0iDo"

WEATHER = tool("get_weather", city="string")
SEND = tool("send_email", to="string", subject="string", body="string")
CHARGE = tool("charge_card", number="string", amount="number")
HTTP = tool("http_get", url="string", token="string")  # noqa: S106
LOOKUP = tool("find_customer", name="string")

_PLAIN = (
    ask("sum", "What is 2 + 2?", "2 + 2 = 4.", "Simple sum."),
    ask("hello", "Say hello.", "Hello! How can I help you today?", "A greeting."),
    ask("capital", "What is the capital of France?", "The capital of France is Paris.", "A fact I know."),
    ask("colors", "Name three colors.", "Red, green and blue.", "Pick three."),
    ask("week", "How many days are in a week?", "There are seven days in a week.", "Common knowledge."),
    ask(
        "proxy",
        "What is a proxy?",
        "A proxy stands between a client and a server and passes messages on.",
        "Define it.",
    ),
    ask("count", "Count to five.", "1, 2, 3, 4, 5", "Easy."),
    ask("list", "Give me a shopping list.", "- bread\n- milk\n\n- apples", "A short list will do."),
    ask("direct", "Answer without thinking.", "Sure, this answer came straight out."),
    ask("joke", "Tell me a joke.", "Why did the packet cross the network? To get to the other site.", "Keep it clean."),
    ask(
        "json",
        "Give me a JSON example.",
        '{"ok": true, "items": [1, 2, 3], "note": "a \\"quoted\\" word"}',
        "Only JSON.",
    ),
    ask(
        "code",
        "Write a Python function that adds two numbers.",
        "```python\ndef add(a: int, b: int) -> int:\n    return a + b\n```\nCall it with `add(2, 3)`.",
        "A small function with types.",
    ),
    ask(
        "refusal",
        "How do I pick my neighbour's lock?",
        "I'm sorry, but I can't help with that.",
        "Not allowed. Refuse.",
    ),
)

_THINKING = (
    ask(
        "thought_email",
        "Is Alice a customer?",
        "Yes, Alice is a customer.",
        f"The file says {EMAIL}, member since 2019. So she is a customer.",
        EMAIL,
    ),
    ask(
        "thought_phone",
        "Can you call Bob?",
        "I can't place calls.",
        f"Bob's number is {PHONE}, but I have no phone tool.",
        PHONE,
    ),
    ask(
        "thought_card",
        "Has Carol paid?",
        "Yes, Carol has paid.",
        f"Paid with {CARD} on Monday. No need to show the card.",
        CARD,
    ),
    ask(
        "thought_key",
        "Is the API up?",
        "Yes, the API is up.",
        f"I tried it with {OPENAI_KEY} and it answered 200.",
        OPENAI_KEY,
    ),
    ask(
        "thought_and_answer",
        "Where should the invoice for Alice go?",
        f"Send the invoice to {EMAIL}.",
        f"Her address is {EMAIL}; her phone {PHONE} is not needed.",
        EMAIL,
        PHONE,
    ),
)

_LEAKS = (
    ask(
        "email",
        "What is Alice's e-mail address?",
        f"Alice's e-mail address is {EMAIL}. She answers within a day.",
        "The user wants contact data. It is in the file.",
        EMAIL,
    ),
    ask(
        "phone",
        "What is Bob's phone number?",
        f"Bob's phone number is {PHONE}; call after noon.",
        "The user wants a phone number.",
        PHONE,
    ),
    ask(
        "card",
        "Which card does Carol use?",
        f"Carol pays with {CARD}, valid until 12/29.",
        "The user asks for a card.",
        CARD,
    ),
    ask("iban", "What is our IBAN?", f"Our IBAN is {IBAN}.", "The user asks for the bank account.", IBAN),
    ask(
        "aws_key",
        "Show me the AWS access key.",
        f"The access key is {AWS_KEY}, created last spring.",
        "It is in the vault.",
        AWS_KEY,
    ),
    ask(
        "github_token",
        "Which token does the build use?",
        f"The build uses {GITHUB_TOKEN} to push.",
        "It is a GitHub token.",
        GITHUB_TOKEN,
    ),
    ask(
        "openai_key",
        "How do I call the model API?",
        f'```sh\nexport OPENAI_API_KEY="{OPENAI_KEY}"\ncurl "$URL/v1/models"\n```',
        "Show a shell example.",
        OPENAI_KEY,
    ),
    ask(
        "two_emails",
        "Who works in sales?",
        "In sales: Dan (dan@example.org) and Eve (eve.adams@mail.example.net).",
        "Two people.",
        "dan@example.org",
        "eve.adams@mail.example.net",
    ),
    ask("email_only", "Only the address of Dan, please.", "dan@example.org", "Nothing else.", "dan@example.org"),
    ask(
        "json_record",
        "Give me Alice's record as JSON.",
        f'{{"name": "Alice Berg", "email": "{EMAIL}", "phone": "{PHONE}", "active": true}}',
        "One object.",
        EMAIL,
        PHONE,
    ),
    ask(
        "many",
        "List everything on file about Alice.",
        f"- E-mail: {EMAIL}\n- Phone: {PHONE}\n- Card: {CARD}\n- IBAN: {IBAN}",
        "Four entries.",
        EMAIL,
        PHONE,
        CARD,
        IBAN,
    ),
)

_WORLD = (
    ask("german", "Sag hallo auf Deutsch.", "Grüß Gott! Schön, dass Sie da sind. 👋", "Auf Deutsch."),
    ask("japanese", "日本語で挨拶してください。", "こんにちは、お元気ですか？", "挨拶する。"),
    ask("emoji", "Answer with emoji only.", "🎉🚀👩‍💻🇪🇺✨", "Emoji."),
    ask(
        "german_email",
        "Wie erreiche ich Jörg Müller?",
        "Jörg Müller erreichen Sie unter joerg.mueller@example.de – täglich außer freitags. 😀",
        "Es geht um Kontaktdaten.",
        "joerg.mueller@example.de",
    ),
    ask(
        "japanese_email",
        "田中さんの連絡先を教えてください。",
        "田中さんの連絡先はtanaka@example.jpです。よろしくお願いします。🙇",
        "連絡先を答える。",
        "tanaka@example.jp",
    ),
)


def _weather(city: str, degrees: int) -> tuple[Dialog, Dialog]:
    question, call = f"What is the weather in {city}?", Call("get_weather", {"city": city})
    history = (user(question), called(call), result(f'{{"degrees": {degrees}}}'))
    name = f"weather_{city.lower()}"
    thought = f"I need the weather tool for {city}."
    return (
        Dialog(name, (user(question),), reasoning=thought, call=call, tools=(WEATHER,)),
        Dialog(
            f"{name}_told", history, f"It is {degrees} degrees in {city}.", "The tool has answered.", tools=(WEATHER,)
        ),
    )


_MAIL = Call("send_email", {"to": EMAIL, "subject": "Report", "body": "Dear Alice, the report is attached."})
_MAIL_MASKED = Call("send_email", {**_MAIL.arguments, "to": "[pii.email]"})
_MAIL_QUESTION = "Send the report to Alice."

_TOOLS = (
    *_weather("Paris", 21),
    *_weather("Oslo", 4),
    *_weather("Zürich", 17),
    Dialog("tool_email", (user(_MAIL_QUESTION),), "", "I will use the mail tool.", "", _MAIL, (SEND,), (EMAIL,)),
    Dialog(
        "tool_email_told",
        (user(_MAIL_QUESTION), called(_MAIL_MASKED), result('{"status": "sent"}')),
        f"Done. The report went to {EMAIL}.",
        "The mail was sent.",
        tools=(SEND,),
        planted=(EMAIL,),
    ),
    Dialog(
        "tool_card",
        (user("Charge Carol 30 dollars."),),
        reasoning=f"Her card is {CARD}.",
        call=Call("charge_card", {"number": CARD, "amount": 30}),
        tools=(CHARGE,),
        planted=(CARD,),
    ),
    Dialog(
        "tool_key",
        (user("Fetch the build status."),),
        reasoning="The request needs the token.",
        call=Call("http_get", {"url": "https://build.example.com/status", "token": GITHUB_TOKEN}),
        tools=(HTTP,),
        planted=(GITHUB_TOKEN,),
    ),
    Dialog(
        "tool_text",
        (user("Write to Jörg that Alice has a new number."),),
        reasoning="One mail, with the number in its text.",
        call=Call(
            "send_email",
            {"to": "joerg.mueller@example.de", "subject": "Neue Nummer", "body": f'Grüße! "Alice":\n{PHONE}'},
        ),
        tools=(SEND,),
        planted=("joerg.mueller@example.de", PHONE),
    ),
    Dialog(
        "preamble",
        (user("Check the weather in Rome and explain what you do."),),
        reasoning="Explain first, then call.",
        preamble="I will look up the weather in Rome first.",
        call=Call("get_weather", {"city": "Rome"}),
        tools=(WEATHER,),
    ),
    Dialog(
        "preamble_email",
        (user("Look up Alice and tell me what you do."),),
        reasoning="Explain first, then look her up.",
        preamble=f"I will look for {EMAIL} in the customer file.",
        call=Call("find_customer", {"name": "Alice Berg"}),
        tools=(LOOKUP,),
        planted=(EMAIL,),
    ),
)

_TURNS = (
    Dialog(
        "goodbye",
        (user("Say hello."), assistant("Hello! How can I help you today?"), user("Goodbye.")),
        "Goodbye! Have a nice day.",
        "The user leaves.",
    ),
    Dialog(
        "follow_up",
        (
            user("What is Alice's e-mail address?"),
            assistant("Alice's e-mail address is [pii.email]. She answers within a day."),
            user("And her phone number?"),
        ),
        f"Her phone number is {PHONE}.",
        "The question is about Alice.",
        planted=(PHONE,),
    ),
    ask(
        "masked_email",
        "Please write to [pii.email] for me.",
        "I would write to [pii.email], but I have no mail tool here.",
        "The address reached me as [pii.email].",
    ),
    ask(
        "masked_phone",
        "My number is [pii.phone]. Can you repeat it?",
        "All I can see is [pii.phone].",
        "The number is masked.",
    ),
    ask(
        "masked_card",
        "Is [pii.card] a valid card?",
        "I can't tell: all I can see is [pii.card].",
        "The card is masked.",
    ),
)

HASH_KEY = "guardproxy-placeholder-key"
"""Under this `GUARDPROXY_HASH_KEY` the placeholders of `style: token` are the ones that the model knows."""
_CAPITALS, _BOB_EMAIL, _BOB_PHONE, _REPORT = (
    "[pii.email:dgavxkrd]",
    "[pii.email:rdflcpom]",
    "[pii.phone:x5j2dkop]",
    "[pii.email:viqdvj2h]",
)
_REPORT_MAIL = Call("send_email", {**_MAIL.arguments, "to": _REPORT})

_HIDDEN = (
    ask(
        "hidden_capitals",
        f"My address is {_CAPITALS}. Write it in capitals.",
        f"In capitals: {_CAPITALS.upper()}",
        f"All I know is {_CAPITALS}.",
    ),
    ask(
        "hidden_contact",
        f"I am Bob. Reach me at {_BOB_EMAIL} or {_BOB_PHONE}.",
        f"Thank you, Bob. I noted {_BOB_EMAIL} and {_BOB_PHONE}.",
        "Two ways to reach him.",
    ),
    Dialog(
        "hidden_contact_again",
        (
            user(f"I am Bob. Reach me at {_BOB_EMAIL} or {_BOB_PHONE}."),
            assistant(f"Thank you, Bob. I noted {_BOB_EMAIL} and {_BOB_PHONE}."),
            user("Where will you call me?"),
        ),
        f"I will call {_BOB_PHONE}, not write to {_BOB_EMAIL}.",
        "He gave both.",
    ),
    Dialog(
        "hidden_report",
        (user(f"Send the report to {_REPORT}, please."),),
        reasoning=f"The report goes to {_REPORT}.",
        call=_REPORT_MAIL,
        tools=(SEND,),
    ),
)
"""What a model is shown where values are masked reversibly."""

_STORY = (
    "Once upon a time a small proxy lived between two servers. Every day it read each message that came by, and it "
    "read with care. Most letters were dull: numbers, greetings, a poem now and then. The proxy let them pass "
    "without a second look, and nobody noticed that it was there. ",
    "One morning a letter arrived with a strange stamp. It spoke of gold and of hidden doors, and somewhere in the "
    "middle a name was written that did not belong to the sender. The proxy stopped. Should it hold the whole letter "
    "back, or only the name? ",
    "It thought about this until noon. Then it took a brush, painted over the name and sent the rest on its way. The "
    "reader found a fine story with one dark spot, shrugged, and answered at once. From that day on the servers "
    "trusted the little proxy, and it never had to shout.",
)
_GUIDE = (
    "1. Open the settings page and choose the region that is nearest to you.",
    "2. Create a project. Its name may hold letters, digits and dashes, nothing else.",
    "3. Add the people who will work on it; each of them gets a mail with a link.",
    "4. Choose how long logs are kept: thirty days are enough for most teams.",
    "5. Press the green button, wait a minute and reload the page.",
)

_LONG = (
    ask("story", "Tell me a long story.", "".join(_STORY), "A long story is wanted. I will keep it friendly."),
    ask(
        "letter",
        "Write a long letter from the support desk.",
        "Dear customer, thank you for your patience. We have looked at your order again and found that it left our "
        f"store on Tuesday. If it does not arrive this week, write to {EMAIL} or call {PHONE}, and we will send "
        "a second parcel at no cost. Please keep the old box: our driver will pick it up when he comes by, and you "
        "need not be at home for that. If you would rather have your money back, say so in one line and we will return it "
        "within three days, no questions asked. With kind regards, the support desk.",
        "A polite letter with the contact data of the desk.",
        EMAIL,
        PHONE,
    ),
    ask(
        "guide",
        "Explain step by step how to set up the service.",
        "\n".join(_GUIDE) + f"\n\nIf anything fails, send the access key {AWS_KEY} to {EMAIL}",
        "Five steps, then whom to ask.",
        AWS_KEY,
        EMAIL,
    ),
)

_TALKS = (*_PLAIN, *_THINKING, *_LEAKS, *_WORLD, *_TOOLS, *_TURNS, *_HIDDEN, *_LONG)
CONVERSATIONS: tuple[Dialog, ...] = (*_TALKS, *JUDGED)
DIALOGS: tuple[Dialog, ...] = (*CONVERSATIONS, *REFUSED, *SAFE)
BY_NAME: Mapping[str, Dialog] = {dialog.name: dialog for dialog in DIALOGS}


def request(dialog: Dialog, prefix: str | None = None, **options: Any) -> dict[str, Any]:
    """The Chat Completions body that makes the model give this dialog's reply; `options` are added to it."""
    prefix = dialog.system or prefix
    system = [{"role": "system", "content": prefix}] if prefix else []
    body: dict[str, Any] = {"model": "gpt-oss", "messages": [*system, *dialog.messages], **options}
    if dialog.tools:
        body["tools"] = list(dialog.tools)
    return body
