"""The commands of documents, run word for word."""
import os
import re
import subprocess

from . import process

DOC = process.TOP / "doc"
_BLOCK = re.compile(r"(?:<!-- (not run|run: \w+) -->\n)?```sh\n(.*?)^```$",
                    re.M | re.S)
# What documents take from the tutorial.
WORD = re.compile(r"^coffer\(\) \{.*?^\}$", re.M | re.S)


def blocks(page):
    """The commands of a page: (word of the comment before, text) of each
    that is to be run."""
    text = (DOC / page).read_text()
    found = [(mark.removeprefix("run: "), block)
             for mark, block in _BLOCK.findall(text)]
    assert found, f"{page} has no commands"
    return [(mark, block) for mark, block in found if mark != "not run"]


def block(page, mark):
    """The one of that word."""
    texts = [text for word, text in blocks(page) if word == mark]
    assert len(texts) == 1, f"{page} has {len(texts)} commands of {mark}"
    return texts[0]


def word_of_tutorial(socket):
    """The function that asks the server, for the socket of another one."""
    text = WORD.search((DOC / "tutorial.md").read_text())[0]
    path = "~/coffer-tutorial/data/cofferd.sock"
    assert path in text
    return text.replace(path, str(socket))


def run(text, folder, env=None, seconds=120):
    """As somebody types it into a shell, which stops at the first failure
    here; what it printed."""
    done = subprocess.run(
        ["bash", "-e", "-c", text], cwd=folder,
        timeout=seconds, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=process.clean_environment(**(env or {})))
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    return said


def path_with(*folders):
    return ":".join([*(str(f) for f in folders), os.environ["PATH"]])
