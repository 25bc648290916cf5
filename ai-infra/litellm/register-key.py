"""Makes LiteLLM know the virtual key that MPC-API was given in .env. Runs before MPC-API on every start.

Safe to run again: a key that is registered stays as it is. An alias that belongs to another key is never taken
over silently; `--replace` does it on purpose (docker compose run --rm mpc-api-key --replace).
Standard library only: it runs in LiteLLM's own image, which has Python but neither curl nor wget.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ["LITELLM_URL"]
MASTER_KEY = os.environ["LITELLM_MASTER_KEY"]
KEY = os.environ["LITELLM_API_KEY"]
ALIAS = os.environ["LITELLM_KEY_ALIAS"]
ATTEMPTS = 10


def call(method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    """Status and JSON of one call with the master key; a refused connection is tried again for some seconds."""
    request = urllib.request.Request(
        URL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {MASTER_KEY}", "Content-Type": "application/json"},
    )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, parsed(response.read())
        except urllib.error.HTTPError as error:
            return error.code, parsed(error.read())
        except OSError as error:
            if attempt == ATTEMPTS:
                fail(f"LiteLLM does not answer at {URL}: {error}")
            time.sleep(2)
    raise AssertionError("unreachable")


def parsed(text: bytes) -> dict:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def message_of(answer: dict) -> str:
    error = answer.get("error") or answer.get("detail") or answer
    text = error.get("message", error) if isinstance(error, dict) else error
    return str(text).replace(KEY, "LITELLM_API_KEY").replace(MASTER_KEY, "LITELLM_MASTER_KEY")


def fail(sentence: str) -> None:
    sys.exit(f"mpc-api-key: {sentence}")


def check_keys() -> None:
    if not KEY.startswith("sk-"):
        fail("LITELLM_API_KEY in .env must start with sk-, or LiteLLM will not take it for a key.")
    if KEY == MASTER_KEY:
        fail("LITELLM_API_KEY and LITELLM_MASTER_KEY are the same in .env: MPC-API needs a key of its own.")


def is_registered() -> bool:
    status, answer = call("GET", "/key/info?" + urllib.parse.urlencode({"key": KEY}))
    if status == 200:
        return True
    if status == 404:
        return False
    if status in (400, 401, 403):
        fail(
            f"LiteLLM refuses LITELLM_MASTER_KEY ({message_of(answer)}). It may still run with an older one:"
            " docker compose up -d --force-recreate litellm"
        )
    fail(f"LiteLLM answered {status} when asked for the key: {message_of(answer)}")
    return False


def register() -> None:
    # llm_api: the key calls models and lists them; LiteLLM's admin routes refuse it.
    status, answer = call("POST", "/key/generate", {"key": KEY, "key_alias": ALIAS, "key_type": "llm_api"})
    if status == 200:
        return
    reason = message_of(answer)
    if "alias" in reason.lower() or "already exists" in reason.lower():
        fail(
            f"another key is registered with LiteLLM under the alias '{ALIAS}'. Either put that key back as"
            " LITELLM_API_KEY in .env, or replace it with the one that is there now:"
            " docker compose run --rm mpc-api-key --replace"
        )
    fail(f"LiteLLM answered {status} to the registration: {reason}")


def delete_old() -> None:
    status, answer = call("POST", "/key/delete", {"key_aliases": [ALIAS]})
    if status not in (200, 404):
        fail(f"LiteLLM answered {status} when asked to delete the key '{ALIAS}': {message_of(answer)}")


def main() -> None:
    check_keys()
    if is_registered():
        print(f"mpc-api-key: the key '{ALIAS}' is registered already")
        return
    if "--replace" in sys.argv[1:]:
        delete_old()
    register()
    print(f"mpc-api-key: registered the key '{ALIAS}' with LiteLLM")


main()
