"""From a text to its condition."""

from __future__ import annotations

import json
import re
from typing import Any

from workbench.errors import SpecError, nearest
from workbench.model.parsing import parse_condition
from workbench.model.text.words import COMPARED, KEYWORDS, KINDS, LIMITS, OPERATOR_WORDS

DEEPEST = 200
"""Conditions inside conditions at most."""
_TOKEN = re.compile(
    r"""\s*(?: (?P<text>"(?:[^"\\]|\\.)*") | (?P<quoted>`[^`]+`) | (?P<sign>[<>!]=|[=<>(),;{}\[\]:])
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])) | (?P<word>\w[\w.]*) )""",
    re.VERBOSE,
)

Json = dict[str, Any]


def read_text(text: str) -> Any:
    """The Condition a text says; SpecError names the place by its position in the text, counted from 1."""
    reader = _Reader(text)
    condition = reader.any_of()
    reader.end()
    return parse_condition(condition)


class _Reader:
    """Reads a text from left to right; every method takes what it names and stands behind it."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    # words

    def _peek(self) -> tuple[str, str, int]:
        """Kind, text and end of the next token; kind and text are empty at the end."""
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            if self.text[self.at :].strip():
                raise self._problem(f"{self.text[self.at :].strip()[:20]!r} cannot be read")
            return "", "", len(self.text)
        return str(found.lastgroup), found.group(str(found.lastgroup)), found.end()

    def _problem(self, words: str) -> SpecError:
        rest = self.text[self.at :]
        return SpecError(words, f"text position {self.at + len(rest) - len(rest.lstrip()) + 1}")

    def take(self, *words: str) -> bool:
        """Whether the next tokens are these words; they are taken if so."""
        start = self.at
        for word in words:
            kind, token, end = self._peek()
            if token != word or kind not in ("word", "sign"):
                self.at = start
                return False
            self.at = end
        return True

    def need(self, *words: str) -> None:
        """Take these words, or refuse."""
        if not self.take(*words):
            found = self._peek()[1]
            raise self._problem(f"expected {' '.join(words)!r}, found {found or 'the end'!r}")

    def end(self) -> None:
        """Refuse what is left."""
        if self._peek()[0]:
            raise self._problem(f"expected 'and', 'or' or the end, found {self._peek()[1]!r}")

    def word(self, what: str, known: tuple[str, ...] = ()) -> str:
        """A plain word, where asked one of those known."""
        kind, token, end = self._peek()
        if kind != "word":
            raise self._problem(f"expected {what}, found {token or 'the end'!r}")
        if known and token not in known:
            raise self._problem(f"{token!r} is no {what}; {nearest(token, known)}")
        self.at = end
        return token

    def value(self) -> Any:
        """A text in quotes, a number, `true` or `false`."""
        kind, token, end = self._peek()
        if kind in ("text", "number") or token in ("true", "false"):
            try:
                found = json.loads(token)
            except json.JSONDecodeError:
                raise self._problem(f"{token} is no text that can be read") from None
            self.at = end
            return found
        raise self._problem(f'expected a value, such as "text" or 10, found {token or "the end"!r}')

    # conditions

    def any_of(self) -> Json:
        """Parts joined by `or`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._problem(f"more than {DEEPEST} conditions inside each other")
        parts = [self._all_of()]
        while self.take("or"):
            parts.append(self._all_of())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else {"any": parts}

    def _all_of(self) -> Json:
        parts = [self._part()]
        while self.take("and"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else {"all": parts}

    def _bracketed(self) -> Json:
        self.need("(")
        found = self.any_of()
        self.need(")")
        return found

    def _part(self) -> Json:
        denied = 0
        while self.take("not"):
            denied += 1
        found = self._bracketed() if self._peek()[1] == "(" else self._form()
        for _ in range(denied):
            found = {"not": found}
        return found

    def _form(self) -> Json:
        for name in ("milestone", "segment"):
            if self.take(name):
                return {name: self.value()}
        for name in ("all", "any"):
            if self.take(name, "of"):
                return {name: [self._bracketed()]}
        if self.take("as", "of"):
            return {"as_of": self.value(), "where": self._bracketed()}
        if self.take("members", "of"):
            return {"members_of": self._json()}
        for kind in KINDS:
            for verb, read in (("has", self._has), ("goes", self._goes), ("on", self._on_list)):
                if self.take(kind, verb):
                    return read(kind)
        return self._test()

    def _json(self) -> Any:
        start = len(self.text) - len(self.text[self.at :].lstrip())
        try:
            found, self.at = json.JSONDecoder().raw_decode(self.text, start)
        except json.JSONDecodeError as problem:
            raise self._problem(f"expected JSON: {problem.msg}") from None
        return found

    def _test(self) -> Json:
        kind, token, end = self._peek()
        if kind != "quoted" and (kind != "word" or token in KEYWORDS):
            raise self._problem(f"expected a condition, found {token or 'the end'!r}")
        self.at = end
        test: Json = {"field": token.strip("`"), "op": self._operator(token)}
        if test["op"] in ("exists", "not_exists"):
            return test
        return {**test, "value": self._operand(test["op"])}

    def _operator(self, field: str) -> str:
        for op, words in sorted(OPERATOR_WORDS.items(), key=lambda item: -len(item[1].split())):
            if self.take(*words.split()):
                return op
        found = self._peek()[1]
        raise self._problem(
            f"expected an operator behind {field}, found {found or 'the end'!r};"
            f" {nearest(found, OPERATOR_WORDS.values())}"
        )

    def _operand(self, op: str) -> Any:
        if op == "between":
            return self._pair()
        if op == "in_last":
            return self.word("a duration, such as 30d")
        return self._list() if op in ("in", "not_in") else self.value()

    def _pair(self) -> list[Any]:
        low = self.value()
        self.need("and")
        return [low, self.value()]

    def _list(self) -> list[Any]:
        self.need("(")
        values = [] if self._peek()[1] == ")" else [self.value()]
        while self.take(","):
            values.append(self.value())
        self.need(")")
        return values

    # containers

    def _on_list(self, kind: str) -> Json:
        self.need("list")
        return {"listed": self.value(), "container": kind}

    def _has(self, kind: str) -> Json:
        if self._peek()[1] == "(":
            return {"container": kind, "where": self._bracketed()}
        compared = self._comparison()
        summed = self._name() if self.take("sum", "of") else None
        if summed is not None and not self.take("of"):
            return {"count": self._bracketed(), "container": kind, "sum": summed, **compared}
        if self.take("related"):
            return self._related(kind, {**compared, **({"sum": summed} if summed else {})})
        if self.take("distinct"):
            return {"distinct": self._name(), "count": self._bracketed(), "container": kind, **compared}
        self.need("events")
        return {"count": self._bracketed(), "container": kind, **compared}

    def _name(self) -> str:
        kind, token, end = self._peek()
        if kind not in ("word", "quoted"):
            raise self._problem(f"expected a field, found {token or 'the end'!r}")
        self.at = end
        return token.strip("`")

    def _related(self, kind: str, compared: Json) -> Json:
        found = {"related": self.word("relation"), "of": kind, **compared}
        return {**found, "where": self._bracketed()} if self._peek()[1] == "(" else found

    def _comparison(self) -> Json:
        if self.take("between"):
            return {"op": "between", "value": self._pair()}
        for op in COMPARED[:-1]:
            if self.take(op):
                named = next(name for name, words in OPERATOR_WORDS.items() if words == op)
                return {"op": named, "value": self.value()}
        raise self._problem(
            f"expected '(' or one of {', '.join(COMPARED)}, found {self._peek()[1] or 'the end'!r}"
        )

    def _goes(self, kind: str) -> Json:
        self.need("(")
        steps = [self._step()]
        while self.take("then"):
            steps.append(self._step())
        self.need(")")
        kept = (
            self.word("part to keep", ("everyone", "before", "after")) if self.take("keeping") else "everyone"
        )
        return {"sequence": steps, "container": kind, "include": kept}

    def _step(self) -> Json:
        step: Json
        if self.take("any", "order"):
            self.need("(")
            step = {"any_order": [self.any_of()]}
            while self.take(";"):
                step["any_order"].append(self.any_of())
            self.need(")")
        else:
            excluded = self.take("excluding")
            step = {"where": self.any_of(), **({"exclude": True} if excluded else {})}
        while (name := self._peek()[1]) in LIMITS:
            self.need(name)
            step[name] = self.word("limit")
        return step
