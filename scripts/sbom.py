"""What the program is made of, from Cargo.lock and scripts/env.sh, as an SPDX 2.3 document: python3 scripts/sbom.py Cargo.lock VERSION SECONDS."""
import datetime
import json
import pathlib
import re
import sys
import tomllib

lock, version, stamp = sys.argv[1:]
with open(lock, "rb") as file:
    packages = tomllib.load(file)["package"]


def identifier(package):
    return "SPDXRef-" + f"{package['name']}-{package['version']}".replace("_", "-").replace("+", "-")


def entry(package):
    described = {
        "SPDXID": identifier(package),
        "name": package["name"],
        "versionInfo": package["version"],
        "downloadLocation": f"https://crates.io/crates/{package['name']}/{package['version']}" if "source" in package else "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:cargo/{package['name']}@{package['version']}",
            }
        ],
    }
    if "checksum" in package:
        described["checksums"] = [{"algorithm": "SHA256", "checksumValue": package["checksum"]}]
    return described


by_name = {}
for package in packages:
    by_name.setdefault(package["name"], []).append(package)


def dependencies(package):
    for wanted in package.get("dependencies", []):
        name, _, rest = wanted.partition(" ")
        found = [one for one in by_name[name] if not rest or one["version"] == rest.split(" ")[0]]
        yield {"spdxElementId": identifier(package), "relationshipType": "DEPENDS_ON", "relatedSpdxElement": identifier(found[0])}


root = by_name["liao"][0]


def mermaid():
    """The one part that is no crate: embedded as it is (scripts/mermaid.sh)."""
    pinned = dict(re.findall(r"^MERMAID_(\w+)=(\S+)$", (pathlib.Path(__file__).parent / "env.sh").read_text(), re.MULTILINE))
    return {
        "SPDXID": f"SPDXRef-mermaid-{pinned['VERSION']}",
        "name": "mermaid",
        "versionInfo": pinned["VERSION"],
        "downloadLocation": "NOASSERTION",
        "licenseDeclared": "MIT",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA512", "checksumValue": pinned["SHA512"]}],
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:npm/mermaid@{pinned['VERSION']}"}
        ],
    }


drawn = mermaid()
document = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": f"liao-{version}",
    "documentNamespace": f"https://liao.invalid/sbom/{version}/{stamp}",
    "creationInfo": {
        "created": datetime.datetime.fromtimestamp(int(stamp), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "creators": ["Tool: scripts/sbom.py"],
    },
    "packages": [*(entry(package) for package in packages), drawn],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": identifier(root)},
        {"spdxElementId": identifier(root), "relationshipType": "DEPENDS_ON", "relatedSpdxElement": drawn["SPDXID"]},
        *(relation for package in packages for relation in dependencies(package)),
    ],
}
json.dump(document, sys.stdout, indent=1)
print()
