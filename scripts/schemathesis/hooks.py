"""Who schemathesis is: somebody who signs in again when something that it did has ended the sign-in."""

import collections
import json
import os
import urllib.request

import schemathesis


@schemathesis.auth(retry_on=[401])
class SignIn:
    """Signs in as LIAO_API_EMAIL."""

    def get(self, case, context):
        body = {"email": os.environ["LIAO_API_EMAIL"], "password": os.environ["LIAO_API_PASSWORD"]}
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(os.environ["LIAO_API_URL"] + "/api/auth/login/", json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=20))["access"]

    def set(self, case, access, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {access}"}


# A part of a file (tus) is bytes like others.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


# Cases of the coverage phase (every bound of every field) that an operation gets: some have hundreds.
COVERED_AT_MOST = int(os.environ.get("LIAO_API_COVERAGE", "25"))
COVERED = collections.Counter()


@schemathesis.hook
def filter_case(context, case):
    """Lets the first cases of each operation through in the coverage phase, those that should be taken before those that should not."""
    if case.meta is None or case.meta.phase.name.value != "coverage":
        return True
    COVERED[case.operation.label] += 1
    return COVERED[case.operation.label] <= COVERED_AT_MOST


@schemathesis.hook
def before_call(context, case, kwargs):
    """What would hinder the cases that follow: the default model has weights that this server may not have, and a second factor
    that is asked for would close everything else."""
    asks = case.operation.label == "POST /api/llm/chat/" and isinstance(case.body, dict)
    if asks and str(case.body.get("model") or "local/").startswith("local/"):
        case.body = {**case.body, "model": "fake/echo@0"}
    if case.operation.label == "PUT /api/admin/settings/security/" and isinstance(case.body, dict):
        roles = case.body.get("second_factor")
        if isinstance(roles, list) and all(role in ("admin", "user") for role in roles):
            case.body = {**case.body, "second_factor": []}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is no failure of ours: OpenAPI 3.1 has no words for the events of a stream (its schema is that of the whole text), and
    502 says that a model's provider failed, of which the walk adds some that are nowhere."""
    stream = response.headers.get("content-type", [""])[0].startswith("text/event-stream")
    return not stream and response.status_code != 502
