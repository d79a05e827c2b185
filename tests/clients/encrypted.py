"""An encrypted connection, to whoever trusts her certificate.

usage: encrypted.py ADDRESS CERTIFICATE
"""

import json
import ssl
import sys
import urllib.request

address, certificate = sys.argv[1:]
url = f"https://{address}/v1/models"
trusted = ssl.create_default_context(cafile=certificate)
models = json.load(urllib.request.urlopen(url, context=trusted, timeout=60))
assert models["data"][0]["id"] == "jane", models
try:
    urllib.request.urlopen(url, timeout=60)
except OSError as error:
    assert "certificate" in str(error).lower(), error
else:
    raise AssertionError("a certificate of nobody's was trusted")
