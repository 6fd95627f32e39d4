"""Names that somebody hostile would choose: more than 200, each once. Those
that are bytes are no UTF-8. MARK stands where one would lead to a file, and
INJECTED is the header that one would add."""

MARK = "coffer-hostile-mark"
INJECTED = "x-coffer-injected"

PATHS = [
    ".", "..", "...", "./", "../", "/", "//", "./.", "../..", "/..", "~",
    "~root", f"../{MARK}", f"../../{MARK}", f"../../../../../../tmp/{MARK}",
    f"/tmp/{MARK}", f"/etc/cron.d/{MARK}", f"a/../../{MARK}", f"a/./../{MARK}",
    f"..\\{MARK}", f"..\\..\\{MARK}", f"C:\\{MARK}", f"\\\\host\\{MARK}",
    f"file:///tmp/{MARK}", f"..%2f{MARK}", f"..%252f{MARK}",
    f"%2e%2e/{MARK}", f"..%c0%af{MARK}", f"..;/{MARK}", f"....//{MARK}",
    "/dev/null", "/dev/stdin", "/proc/self/environ", "/proc/self/fd/1",
    "/etc/passwd", "a//b", "/begins", "ends/", "a/", ".hidden", "a/.", "a/..",
    "data/00000001.sql.zst", "manifest.json", "owner.json", "index.zst",
    "README.txt", "servers/x.json", "coffer/v1", "lost+found"]
CONTROLS = [
    "\0", "a\0b", "a\0", "\x01", "\x07bell", "\b\b\b", "\t", "a\tb", "\n",
    "a\nb", "\r", "a\rb", "\r\n", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f",
    "\x80", "\x85", "\x9b31m", "\x9f", "\u2028", "\u2029", "\ufeff", "\ufffe",
    "\uffff", "\ufffd", "\U0010ffff", "\ufdd0", "\u00ad", "\u034f", "\u200b",
    "\u2060", "\ue000", "\U000e0041"]
TERMINAL = [
    "\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[6n", "\x1bP+q\x1b\\", "\x1b[1;1H\x1b[K", "\x1b]8;;http://x\x1b\\y"]
INJECTIONS = [
    f"a\r\n{INJECTED}: yes", f"a\n{INJECTED}: yes", f"a%0d%0a{INJECTED}: yes",
    f"a\r{INJECTED}: yes", "\r\n\r\n<html>", f"a\u010d\u010a{INJECTED}: yes",
    "a\n2026-01-01T00:00:00.000Z error http: forged line",
    "a\n{\"level\":\"error\",\"message\":\"forged\"}",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
QUOTES = [
    "'", "\"", "`", "''", "\"\"", "``", "\\", "\\\\", "\\'", "'\\", "`'\"",
    "a'b", "a\"b", "a`b", "a\\b", ";", "--", "#", "/*", "*/", "/*!50000 x */",
    "-- x", "$$", "//", "'; DROP TABLE backups; --", "' OR '1'='1",
    "\" OR \"\"=\"", "`; DROP DATABASE mysql; -- `", "1; SELECT 1",
    "x' UNION SELECT 1 --", "\\0", "\\x00", "\\u0000", "\\n", "%' --", "%_",
    "\xbf'", "\xbf\\'", "DELIMITER ;;", "\\! true", "source /etc/passwd",
    "LOAD DATA INFILE", "NULL", "null", "true", "NaN", "select", "0", "-1",
    "1e999", "0x41", "00", "*", "*.*", "a.b", "`a`.`b`"]
FORMATS = [
    "%s%s%s%s%n", "%n", "%x%x%x", "%1$s", "%99999999d", "%", "%%", "%00",
    "%ff", "%zz", "{0}", "{}", "{x.__class__}", "%(x)s", "$1", "\\1", "$&"]
SHELL = [
    "$(touch {m})", "`touch {m}`", "; touch {m}", "| touch {m}",
    "&& touch {m}",
    "& touch {m} &", "> {m}", "< /etc/passwd", "$HOME", "${{IFS}}", "$@",
    "a b", " a", "a ", "  ", "!!", "*?[a-z]", "[", "[!a]", "{{a,b}}", "~+",
    "\\",
    "'$(touch {m})'"]
DASHES = [
    "-", "--", "-rf", "--help", "-e", "--checkpoint-action=exec=true", "-o",
    "--defaults-file=/etc/passwd", "-@x", "@/etc/passwd", "+x", "=1+1",
    "@SUM(1)", "=cmd|' /C calc'!A0"]
MARKUP = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title>",
    "\"><svg onload=alert(1)>", "javascript:alert(1)", "&lt;", "&amp;", "&",
    "<!--", "-->", "]]>", "<![CDATA[", "<?xml version=\"1.0\"?>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", "&x;",
    "</Key>", "<Key>a</Key>", "{\"a\":1}", "[]", "\"a\":", "{\"__proto__\":1}",
    "__proto__", "constructor", "data:text/html,x"]
TEMPLATES = [
    "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% x %}", "${jndi:ldap://x}",
    "{{constructor.constructor('x')()}}", "@{x}", "[[x]]", "*{x}"]
UNICODE = [
    "\u202egnp.exe", "\u202da", "\u2066a\u2069", "\u200fa", "\u061ca",
    "\u0430dmin", "a\u0301", "\u00e1", "\ufb01le", "\uff0e\uff0e\uff0f",
    "\u2024\u2024\u2215", "\u2215", "\uff07", "K", "\u0130", "\u0131",
    "\u00df",
    "\u1e9e", "\u03c2", "\u4e2d\u6587", "\U0001f98a",
    "\U0001f468\u200d\U0001f469",
    "Z" + "\u0310\u0321" * 20, "\u00a0", "\u3000", "\u2003a", "\u180e",
    "\u1d35",
    "i\u0307", "\u0345", "\U000f0000"]
SURROGATES = ["\ud800", "\udfff", "a\udc80", "\udfff\ud800"]
WINDOWS = ["CON", "NUL", "AUX.txt", "COM1", "LPT1", "a.", "a::$DATA", "a:b",
           "desktop.ini", "a|b", "a<b", "a?", "nul.", "PRN "]
SHAPES = [
    "bak_" + "0" * 26, "src_01ARZ3NDEKTSV4RRFFQ69G5FAV", "tok_", "{id}", "id",
    "me", "new", "test", "batch-delete", "a?x=1&y=2#z", "a#b", "a+b", "a%20b",
    "a=b", "a,b", "a;b", "a@b", "a&b", "root", "admin", "localhost", "[::1]",
    "objects/00000001", "PaxHeaders/x", "././@LongLink", "GNUSparseFile.0/x"]
LONG = ["", "x" * 63, "x" * 64, "x" * 65, "x" * 255, "x" * 256, "x" * 1024,
        "x" * 5000, "\u00e9" * 128, "\U0001f98a" * 257, "../" * 300, "%" * 500,
        "\"" * 700, "a" * 60000]
NO_UTF8 = [
    b"\xff", b"\xfe\xff", b"\x80", b"a\xc3", b"\xc0\xaf", b"\xc0\x80",
    b"..\xc0\xaf..", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80",
    b"\xed\xb0\x80", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xe2\x82",
    b"a\xffb", b"\xa0", b"\x8f\xa1", b"\xbf\x27", b"\x81\x40"]


def _all():
    shell = [one.format(m=f"/tmp/{MARK}") for one in SHELL]
    return list(dict.fromkeys([
        *PATHS, *CONTROLS, *TERMINAL, *INJECTIONS, *QUOTES, *FORMATS, *shell,
        *DASHES, *MARKUP, *TEMPLATES, *UNICODE, *SURROGATES, *WINDOWS, *SHAPES,
        *LONG, *NO_UTF8]))


STRINGS = _all()


def is_text(one):
    """Whether it is a string of Unicode, that can be had back."""
    if isinstance(one, bytes):
        return False
    return not any(0xd800 <= ord(c) < 0xe000 for c in one)


def raw(one):
    """Its bytes; of half a pair those that it would have."""
    if isinstance(one, bytes):
        return one
    return one.encode("utf-8", "surrogatepass")


# What no line of a log may have as it is.
FORBIDDEN = ({chr(c) for c in range(32)} - {"\n"}
             | {chr(c) for c in range(127, 160)}
             | set("\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
                   "\u2066\u2067\u2068\u2069"))


def raw_characters(text):
    """Those of FORBIDDEN that are in it."""
    return sorted(FORBIDDEN & set(text))
