"""A filter that fails when it reads its word: for tests of what failures look like from outside."""

from guardproxy.types import Context, FilterConfig, Origin, Report

LABELS = ("faulty.seen",)
EXAMPLES = {"word": None}


class Config(FilterConfig):
    word: str = "broken"


class Filter:
    hold = True

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config, self.span = name, config, len(config.word)

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def open(self, origin: Origin, context: Context) -> "Reading":
        return Reading(self.config.word)


class Reading:
    def __init__(self, word: str) -> None:
        self.word, self.text = word, ""

    def feed(self, text: str, *, last: bool = False) -> Report:
        self.text += text
        if self.word in self.text:
            raise RuntimeError("as planned")
        return Report((), len(self.text) if last else max(len(self.text) - len(self.word), 0))
