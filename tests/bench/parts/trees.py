"""The trees of files that are backed up.

Files are what people keep, and compress like it: prose of words by Zipf's law,
lines of logs, and pictures, which do not compress at all. Sizes are spread as
those of files are: most are small, and most bytes lie in a few.
"""
import os
import random

MB = 1000 * 1000
SPREAD = 1.7  # sigma of the sizes' logarithms
A_FOLDER, A_BRANCH = 100, 2000  # files
PARAGRAPHS, WORDS = 65536, 20000
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
# Shares of the bytes, roughly.
KINDS = (("txt", 0.40), ("log", 0.25), ("jpg", 0.35))
MANY_IN_ONE = 0.5  # of the many small ones, the share that one folder has
SMALL_BYTES = 40


def _paragraphs(chance):
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 10)))
             for _ in range(WORDS)]
    ranks = [0.0]
    for n in range(WORDS):
        ranks.append(ranks[-1] + 1 / (n + 1))
    return [" ".join(chance.choices(words, cum_weights=ranks[1:],
                                    k=85)).encode() + b".\n"
            for _ in range(PARAGRAPHS)]


def _lines(chance):
    """Of a log, without the time that stands before each."""
    return [b" host%d service[%d]: request %d from 10.%d.%d.%d took %d ms\n"
            % (chance.randrange(9), chance.randrange(1000, 9999),
               chance.getrandbits(40), *chance.randbytes(3),
               chance.randrange(900)) for _ in range(PARAGRAPHS)]


class Content:
    """Makes it; the same seed makes the same."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.paragraphs = _paragraphs(self.chance)
        self.lines = _lines(self.chance)
        self.clock = 1_700_000_000

    def log(self, size):
        count = size // 70 + 1
        times = range(self.clock, self.clock + count)
        self.clock += count
        return b"".join(b"%d%s" % pair for pair in zip(
            times, self.chance.choices(self.lines, k=count)))[:size]

    def make(self, kind, size):
        if kind == "jpg":
            return self.chance.randbytes(size)
        if kind == "log":
            return self.log(size)
        count = size // 400 + 1
        text = b"".join(self.chance.choices(self.paragraphs, k=count))
        return text[:size]

    def kind(self):
        names, shares = zip(*KINDS)
        return self.chance.choices(names, shares)[0]


def make(top, size_mb, files, seed=1):
    """Returns the paths of the files and how many bytes they have."""
    content = Content(seed)
    sizes = [content.chance.lognormvariate(0, SPREAD) for _ in range(files)]
    scale = size_mb * MB / sum(sizes)
    paths, total = [], 0
    for number, size in enumerate(sizes):
        kind = content.kind()
        folder = top / f"{number // A_BRANCH:03}" / f"{number // A_FOLDER:05}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True)
        paths.append(folder / f"{number:06}.{kind}")
        text = content.make(kind, int(size * scale))
        paths[-1].write_bytes(text)
        total += len(text)
    return paths, total


def change(paths, share, seed):
    """Other bytes into so many of the files. Returns how many bytes they
    have."""
    content = Content(seed)
    total = 0
    for path in content.chance.sample(paths, max(1, int(len(paths) * share))):
        size = path.stat().st_size
        path.write_bytes(content.make(path.suffix[1:], size))
        total += size
    return total


def near_end(files):
    """A file of make_many() near the end of the crowd."""
    return f"crowd/file-{int(files * MANY_IN_ONE) - 100:08}.txt"


def _of_many(top, files, number):
    crowd = int(files * MANY_IN_ONE)
    place = number - crowd
    folder = f"few/{place // 1000:05}" if place >= 0 else "crowd"
    return top / folder / f"file-{number:08}.txt"


def change_many(top, files, share):
    """Other bytes of the same length into so many of those of make_many().
    Returns how many."""
    step = int(1 / share)
    numbers = range(0, files, step)
    for number in numbers:
        path = _of_many(top, files, number)
        path.write_bytes(path.read_bytes().replace(b"0\n", b"x\n")
                         .replace(b"00", b"xx", 1))
    return len(numbers)


def make_many(top, files):
    """Small ones: half of them in one folder, the others a thousand to a
    folder. Returns how many bytes they have."""
    crowd = int(files * MANY_IN_ONE)
    text = b"%0" + b"%dd\n" % (SMALL_BYTES - 1)
    for number in range(files):
        name = f"file-{number:08}.txt"
        place = number - crowd
        folder = f"few/{place // 1000:05}" if place >= 0 else "crowd"
        if number == 0 or (place >= 0 and place % 1000 == 0):
            os.makedirs(top / folder)
        with open(f"{top}/{folder}/{name}", "wb") as file:
            file.write(text % number)
    return files * SMALL_BYTES
