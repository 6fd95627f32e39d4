"""A small client of the HTTP API."""
import http.client
import json
import time

from . import documented, process

JSON = "application/json"
PROBLEM = "application/problem+json"
ENDED = ("completed", "failed", "canceled")


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.body = body

    @property
    def type(self):
        return self.headers.get("content-type", "").split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


class Api:
    """Requests to one server; every reply has to be one that openapi.json
    tells of, and is kept in `transcript`, in which no secret may ever be seen
    (rule 29). tls: the context of those that speak it."""

    def __init__(self, port, token=None, transcript=None, tls=None):
        self.port = port
        self.tls = tls
        self.token = token
        self.transcript = [] if transcript is None else transcript

    def with_token(self, token):
        return Api(self.port, token, self.transcript, self.tls)

    def connection(self, timeout=90):
        if self.tls:
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=timeout)

    def call(self, method, path, body=None, headers=None, timeout=90):
        """One request on a connection of its own. A body that is not bytes
        is sent as JSON."""
        head = {"Connection": "close"}
        if self.token:
            head["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            head["Content-Type"] = JSON
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        head.update(headers or {})
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body, head)
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()
        self.transcript.append(repr(sorted(reply.headers.items())).encode()
                               + reply.body)
        undocumented = documented.check(method, path, reply)
        assert undocumented is None, \
            f"{method} {path}: {undocumented}: {reply!r}"
        return reply

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def want(self, status, method, path, body=None, **more):
        """The JSON of a reply that must have this status."""
        reply = self.call(method, path, body, **more)
        wanted = status if isinstance(status, tuple) else (status,)
        assert reply.status in wanted, f"{method} {path}: {reply!r}"
        return reply.json if reply.body else None

    def fetch(self, path):
        return self.want(200, "GET", path)

    def items(self, path):
        return self.fetch(path)["items"]

    def wait_job(self, job_id, seconds=120):
        """The job when it has ended."""
        seconds = max(seconds, process.PATIENCE)
        deadline, job = time.monotonic() + seconds, None
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"the job has not ended in {seconds} s: {job}"
            wait = max(1, min(20, int(left)))
            job = self.fetch(f"/v1/jobs/{job_id}?wait={wait}")
            if job["status"] in ENDED:
                return job

    def wait_gone(self, path, seconds=30):
        """Until a resource is there no more."""
        process.until(lambda: self.get(path).status == 404, seconds,
                      f"{path} is gone")


def problem(reply, status, code, pointers=None):
    """Checks that a reply is a problem document of this kind; pointers: the
    fields that it must find at fault, no others. Returns the document."""
    assert reply.status == status, repr(reply)
    assert reply.type == PROBLEM, repr(reply.headers)
    document = reply.json
    codes = [document["code"]] + [e["code"]
                                  for e in document.get("errors") or []]
    assert code in codes, repr(reply)
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    for member in ("title", "detail", "request_id"):
        assert document[member], f"{member} is empty: {document}"
    if pointers is not None:
        found = {e["pointer"] for e in document.get("errors") or []}
        assert found == set(pointers), repr(reply)
        assert all(e["code"] and e["detail"] for e in document["errors"])
    return document
