"""Regions of clouds in names of hosts, accounts and resources, and the systems that such names stand for.

A region counts where the provider puts it into a name. What people choose themselves, such as the name of a bucket or
an account, says nothing of where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from comity.case import place_meant
from comity.facts import Vocabulary
from comity.intake.found import UNKNOWN, Told
from comity.intake.places import regions

# Endings of host names that a provider gives out, with a region among the labels before them.
_ENDINGS = (
    (".amazonaws.com", "aws"),
    (".amazonaws.com.cn", "aws"),
    (".amazonaws.eu", "aws"),
    (".on.aws", "aws"),
    (".googleapis.com", "gcp"),
    (".cloud.goog", "gcp"),
    (".pkg.dev", "gcp"),
    (".windows.net", "azure"),
    (".azure.com", "azure"),
    (".azmk8s.io", "azure"),
    (".azurecontainerapps.io", "azure"),
    (".azurewebsites.net", "azure"),
    (".chinacloudapi.cn", "azure"),
    (".aliyuncs.com", "alibaba"),
    (".oraclecloud.com", "oracle"),
    (".myhuaweicloud.com", "huawei"),
    (".myhuaweicloud.eu", "huawei"),
    (".myqcloud.com", "tencent"),
)
# Words before or after a region within one label: s3-eu-west-1, oss-eu-central-1, europe-west1-docker.
_WITHIN = re.compile(r"(?:s3-|s3-website-|oss-)?(.+?)(?:-internal|-docker|-bigquery|-aiplatform|-dataproc)?")
_SCHEMES = {  # one store, one name, however a tool spells its scheme
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "abfs": "abfss",
    "wasb": "wasbs",
    "postgresql": "postgres",
    "mssql": "sqlserver",
}
_CONTAINERS = frozenset({"abfss", "wasbs"})  # before the @ stands a container, and no user
_ZONES = (
    r"(.+\d)[a-z]",
    r"(.+)-[a-z]",
    r"(.+)-\d",
    r"(.+)-ad-\d",
)  # eu-west-1a, europe-west1-b, westeurope-1, ...-ad-1


@dataclass(frozen=True, slots=True)
class Site:
    """The system that the name of a data source stands for.

    Attributes:
        ref: the name in one spelling, without users and passwords.
        region: such as `aws/eu-west-1`; empty where the name holds none.
    """

    ref: str
    region: str


def site_of(namespace: str) -> Site:
    """The system behind the namespace of a dataset, an address or a resource name.

    Source: OpenLineage specification, dataset naming; Snowflake documentation, account identifiers.
    """
    text = namespace.strip().removeprefix("jdbc:")
    if text.startswith("arn:"):
        return Site(":".join(text.split(":")[:5]), region_of_arn(text))
    scheme, sign, rest = text.partition("://")
    if not sign:
        return Site(text, "")
    scheme = _SCHEMES.get(scheme.lower(), scheme.lower())
    authority = re.split(r"[/?;#]", rest, maxsplit=1)[0]
    _, at, host = authority.rpartition("@")
    if at and scheme in _CONTAINERS:
        return Site(f"{scheme}://{authority}", region_of_host(host))
    host = host.lower()
    bare = re.sub(r":\d+$", "", host)
    if scheme == "snowflake":
        bare = bare.removesuffix(".snowflakecomputing.com").removesuffix(".privatelink")
        return Site(f"{scheme}://{bare}", _region_of_snowflake(bare))
    if scheme == "redshift" and "amazonaws" not in host:
        return Site(f"{scheme}://{host}", _known("aws", bare.rpartition(".")[2]))
    return Site(f"{scheme}://{host}", region_of_host(host.partition(",")[0]))


def short_name(ref: str) -> str:
    """A name for an id: of a long host name the first label, which is the one that people chose."""
    scheme, sign, rest = ref.partition("://")
    if not sign:
        return ref.removeprefix("arn:")
    container, at, host = rest.rpartition("@")
    host = re.sub(r":\d+", "", host.partition(",")[0])
    return f"{scheme} {container}{at}{host.partition('.')[0] if host.count('.') > 1 else host}"


def region_of_host(host: str) -> str:
    """The region in a host name, with or without a port; empty where there is none."""
    name = re.sub(r":\d+$", "", host.strip().lower()).rstrip(".")
    labels = name.split(".")
    for i in range(1, len(labels)):  # cluster.eu-central-1.aws.vendor.example
        if labels[i] in ("aws", "gcp", "azure") and (found := _known(labels[i], labels[i - 1])):
            return found
    provider = next((provider for ending, provider in _ENDINGS if name.endswith(ending)), "")
    if not provider:
        return ""
    # The first label is mostly a name that people choose, unless the region is only a part of it.
    for i in range(len(labels) - 1, -1, -1):
        inner = _WITHIN.fullmatch(labels[i])
        region = inner[1] if inner else labels[i]
        if (i > 0 or region != labels[i]) and (found := _known(provider, region)):
            return found
    return ""


def region_of_arn(arn: str) -> str:
    """The region in the name of a resource at Amazon; empty where it has none."""
    parts = arn.split(":")
    return _known("aws", parts[3]) if len(parts) > 4 and parts[1].startswith("aws") else ""


@lru_cache(4096)  # a cluster names a few zones, each many times
def region_of_zone(zone: str) -> str:
    """The name of the region to which a zone belongs, without a provider; empty where it is not known."""
    text = zone.strip().lower()
    for form in _ZONES:
        found = re.fullmatch(form, text)
        if found and found[1] in _by_name():
            return found[1]
    return text if text in _by_name() else ""


def named_region(name: str, provider: str = "") -> tuple[str, ...]:
    """All regions that have a name: `aws/eu-west-3` for `eu-west-3`; of one provider where it is known."""
    found = _by_name().get(name.strip().lower(), ())
    return tuple(r for r in found if not provider or r.startswith(f"{provider}/"))


def sites_told(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Where something stands by a text that people wrote: a place, a country's name, or a region; empty: not known.

    Of a region that several providers have, the places stand if they have the same.
    """
    word = text.strip()
    if word in vocabulary.place or word in regions():
        return (word,)
    if word.upper() in vocabulary.place:
        return (word.upper(),)
    meant = place_meant(word, vocabulary)
    if meant:
        return (meant,)
    known = named_region(word)
    if len(known) == 1:
        return known
    places = {regions()[region] for region in known}
    return places.pop() if len(places) == 1 else ()


def told_place(sites: Iterable[str]) -> Told:
    """Places as the key `place` of a system has them."""
    found = tuple(dict.fromkeys(sites))
    return UNKNOWN if not found else found[0] if len(found) == 1 else found


def _region_of_snowflake(account: str) -> str:
    """The region of an account locator; an account named by its organisation has none."""
    parts = account.split(".")
    if len(parts) < 2:
        return ""
    provider = parts[2] if len(parts) > 2 else "aws"
    return _known(provider, parts[1])


def _known(provider: str, region: str) -> str:
    name = region.replace("-", "") if provider == "azure" else region  # west-europe
    return f"{provider}/{name}" if f"{provider}/{name}" in regions() else ""


@cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for region in regions():
        found.setdefault(region.partition("/")[2], []).append(region)
    return {name: tuple(each) for name, each in found.items()}
