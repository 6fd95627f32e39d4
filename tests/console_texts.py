#!/usr/bin/env python3
"""Holds the console's texts (src/console/app/i18n, pages/*.text.js) against
each other and against the modules that ask for them: each key is there in
English and in Chinese with the same blanks, none is written twice, each that
is asked for exists, and each that exists is asked for. Run by `make check`;
by hand: tests/console_texts.py
"""

import os
import pathlib
import re
import sys
import tempfile

ENTRY = re.compile(r'^\t+"([^"]*)":\s*"((?:[^"\\]|\\.)*)",?$')
BLANK = re.compile(r"\{(\w+)\}")
# t("a.b") and what stands for a key on its way there; t("a." + b), `a.${b}`
# and label("a", b) ask for all that begin so.
ASKED = re.compile(r'\bt\("([^"]+)"(?! \+)')
QUOTED = re.compile(r'"([^"\n]*)"')
BEGUN = re.compile(r'"([\w.]+\.)" \+|`([\w.]+\.)\$\{')
LABEL = re.compile(r'\b(?:label|options|words)\("([\w.]+)"')


def section(line):
    """The language whose texts begin after this line, if they do."""
    found = re.match(r"\t(en|zh): \{$", line)
    return found.group(1) if found else None


def read_texts(path, language=None):
    """(language, key, text) of each entry of a file of texts."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        language = section(line) or language
        entry = ENTRY.match(line)
        if entry:
            yield language, *entry.groups()
        elif re.match(r'\t+"', line):
            raise ValueError(f"{path.name}:{number}: cannot be read")


def all_texts(app):
    """{language: {key: text}}, and what is wrong with how they are written."""
    texts, problems = {"en": {}, "zh": {}}, []
    files = [(app / "i18n/en.js", "en"), (app / "i18n/zh.js", "zh")]
    files += [(path, None) for path in sorted(app.glob("pages/*.text.js"))]
    for path, language in files:
        for code, key, text in read_texts(path, language):
            if key in texts[code]:
                problems.append(f"{path.name}: {key} is twice in {code}")
            texts[code][key] = text
    return texts, problems


def check_languages(texts):
    """What one language has and the other has not."""
    en, zh = texts["en"], texts["zh"]
    for key in sorted(en.keys() ^ zh.keys()):
        yield f"{key} is not in {'zh' if key in en else 'en'}"
    for key in sorted(en.keys() & zh.keys()):
        blanks = [set(BLANK.findall(one[key])) - {"n"} for one in (en, zh)]
        if blanks[0] != blanks[1]:
            yield f"{key} has other blanks in zh"
        if not zh[key] or not en[key]:
            yield f"{key} is empty"


def check_use(app, keys):
    """What is asked for and not there, and the other way round."""
    modules = [path.read_text() for path in sorted(app.rglob("*.js"))
               if path.parent.name != "i18n"
               and not path.name.endswith(".text.js")]
    code = "\n".join(re.sub(r"^\s*//.*$", "", text, flags=re.M)
                     for text in modules)
    for key in sorted(set(ASKED.findall(code)) - keys):
        yield f"{key} is asked for, but there is no such text"
    begun = {one or other for one, other in BEGUN.findall(code)}
    begun |= {name + "." for name in LABEL.findall(code)}
    quoted = set(QUOTED.findall(code))
    for key in sorted(keys - quoted):
        if not any(key.startswith(one) for one in begun):
            yield f"{key} is a text that nothing asks for"


def check_app(app):
    """What is wrong with the texts: lines."""
    texts, problems = all_texts(app)
    if not texts["en"]:
        problems.append("there are no texts")
    return problems + list(check_languages(texts)) + list(
        check_use(app, texts["en"].keys() | texts["zh"].keys()))


GOOD = {
    "i18n/en.js": 'export default {\n\t"a": "A {x}",\n\t"s.on": "On",\n};\n',
    "i18n/zh.js": 'export default {\n\t"a": "{x} Z",\n\t"s.on": "Z",\n};\n',
    "pages/p.text.js": 'export const texts = {\n\ten: {\n\t\t"p.b": "B",\n'
                       '\t},\n\tzh: {\n\t\t"p.b": "Z",\n\t},\n};\n',
    "p.js": 't("a", {x}); const k = "p.b"; label("s", on);\n',
}
PLANTED = [
    ({"i18n/zh.js": 'export default {\n\t"s.on": "Z",\n};\n'},
     "a is not in zh"),
    ({"i18n/zh.js": 'export default {\n\t"a": "{y}",\n\t"s.on": "Z",\n};\n'},
     "a has other blanks"),
    ({"p.js": 't("a", {x}); label("s", on);\n'}, "p.b is a text that nothing"),
    ({"p.js": GOOD["p.js"] + 't("p.c");\n'}, "p.c is asked for"),
    ({"pages/q.text.js": GOOD["pages/p.text.js"]}, "p.b is twice in en"),
]


def planted(files):
    """What check_app() says about an app of these files."""
    with tempfile.TemporaryDirectory() as folder:
        app = pathlib.Path(folder)
        for name, text in files.items():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            (app / name).write_text(text)
        return check_app(app)


def self_test():
    """Sees that each planted fault is found, and none where none is."""
    if planted(GOOD):
        yield f"self-test: good texts are refused: {planted(GOOD)}"
    for change, expected in PLANTED:
        found = planted({**GOOD, **change})
        if not any(expected in line for line in found):
            yield f"self-test: {sorted(change)} gives {found}, no '{expected}'"


def main():
    """Checks the checker, then the texts; the exit code says how it went."""
    here = pathlib.Path(__file__).resolve().parent.parent
    source = pathlib.Path(os.environ.get("srcdir") or here)
    problems = list(self_test()) + check_app(source / "src/console/app")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
