"""Names in exports, and what they usually stand for."""

from __future__ import annotations

import re

_JOINTS = re.compile(r"[^A-Za-z0-9À-ÿ]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ID = frozenset(["id", "ids", "guid", "uuid", "key", "fid", "ref", "nr", "no", "number", "code", "sid"])
_NOISE = frozenset(
    [
        "dataset",
        "data",
        "dim",
        "fact",
        "tbl",
        "table",
        "export",
        "report",
        "all",
        "raw",
        "v1",
        "v2",
        "final",
        "copy",
        "csv",
    ]
)

ENTITIES: dict[str, frozenset[str]] = {
    table: frozenset(words.split())
    for table, words in {
        "accounts": "account company organization organisation org seller firm business firma kunde "
        "unternehmen empresa",
        "persons": "person people contact customer client visitor user member prospect subscriber individual "
        "kontakt",
        "leads": "lead mql inquiry",
        "opportunities": "opportunity opp deal order pipeline sale conversion purchase quote",
        "users": "owner rep agent sdr bdr sr employee salesperson manager ae",
        "campaigns": "campaign program",
        "products": "product sku item",
        "contents": "content asset page landing form template document",
        "marketing_events": "webinar conference tradeshow",
        "buying_groups": "group",
        "sessions": "session visit",
    }.items()
}
"""Table → words that name one of its records; `sessions` is no table but an id of events."""

_TABLES: tuple[tuple[str, str], ...] = (
    (r"(opportunity|deal) contact|contact role|buying group member", "buying_group_members"),
    (r"line item|(opportunity|deal|order) (product|item)", "opportunity_products"),
    (r"(opportunity|deal|pipeline) (field |property )?(stage|history)|stage history", "opportunity_stages"),
    (r"buying group", "buying_groups"),
    (r"account (person|contact)", "account_persons"),
    (r"marketing event|webinar|trade ?show|conference", "marketing_events"),
    (
        r"campaign (member|response)|\bevent|activit|interaction|click|visit|session|touch"
        r"|\blogs?\b|hit\b|page ?view"
        r"|engagement|response|\btasks?\b|\bcalls?\b|meeting",
        "events",
    ),
    (r"\blead|\bmql|inquir", "leads"),
    (
        r"opportunit|\bdeal|pipeline|\border|conversion|\bsale\b(?! (team|rep|agent|person))|\bpurchase",
        "opportunities",
    ),
    (r"\buser|owner|\brep\b|agent|sale team|employee|\bsdr", "users"),
    (r"account|compan|organi[sz]ation|seller|\bfirm", "accounts"),
    (r"contact|person|people|customer|client|prospect|member|subscriber|visitor", "persons"),
    (r"campaign|program", "campaigns"),
    (r"product|\bsku", "products"),
    (r"content|asset|landing page|template", "contents"),
)
_UNUSED = re.compile(
    r"dictionary|read ?me|metadata|schema|describe|spend|budget|region|price ?book|currenc|\bcases?\b"
)

COLUMNS: dict[str, dict[str, str]] = {
    "accounts": {
        "name": "(account |company |organi[sz]ation )?name|account|company",
        "parent_account_id": "(ultimate )?parent( account| company)?( id)?|subsidiary of",
        "owner_id": "(account |company )?owner( id)?|(sales? )?(rep|agent)( id)?|assigned to",
        "industry": "(primary )?industry|sector|business segment|vertical|branche",
        "employees": "employee|number of employee|num employee|employee count|headcount",
        "annual_revenue": "annual ?revenue|revenue|turnover",
        "city": "(billing |mailing |address |seller )?city|ort|stadt",
        "country": "(billing |mailing |address |seller )?country( name)?|office location|land",
        "website": "web ?site( url)?|url|domain( name)?|homepage|company domain( name)?",
        "record_url": "record url|crm url",
    },
    "persons": {
        "name": "(full |contact |person |customer )?name",
        "email": "(work |business |contact )?e ?mail( address)?",
        "job_title": "(job )?title|position|job",
        "consent_level": "consent level",
        "do_not_email": "do not e ?mail|is do not email|opted out|has opted out of email|unsubscribed",
    },
    "opportunities": {
        "name": "(opportunity |deal |order )?name|topic|subject",
        "type": "(opportunity |deal |order |lead )?type",
        "stage": "(deal |opportunity |sale )?stage( name)?|pipeline stage|status",
        "outcome": "outcome",
        "amount": "(total )?(amount|amt|value|revenue)( usd| eur)?|close value|(deal |order "
        "|total )(value|amount|amt)"
        "( usd| eur)?|total price|estimated value|betrag",
        "currency": "currency( iso)?( code)?",
        "created_at": "created?( date| at| on| time)?|create date|engage date|open(ed)? (date|at"
        "|on)|start date",
        "closed_at": "(actual )?close[d]?( date| at| on| time)?|won (date|at|on)|date won"
        "|occurred at|order(ed)?( date| at| on)"
        "|converted (at|on|date)|purchase[d]?( date| at| on)|conversion (date|time)",
        "owner_id": "(opportunity |deal )?owner( id)?|(sales? )?(rep|agent|person)( id)?|sr id",
    },
    "opportunity_stages": {
        "stage": "(new |to )?(deal |opportunity |pipeline )?stage( name)?|new value|value",
        "entered_at": "(date )?entered( at| date| on)?|created( date| at)?|changed?( date| at| on)?"
        "|timestamp|date"
        "|(fivetran )?start",
        "amount": "amount|value",
    },
    "opportunity_products": {
        "quantity": "quantity|qty|units?",
        "amount": "(total )?(price|amount|amt|value)",
    },
    "buying_groups": {"name": "(buying group )?name"},
    "buying_group_members": {"role": "(contact |buying )?role", "is_primary": "(is )?primary"},
    "account_persons": {
        "role": "role",
        "valid_from": "valid from|start date",
        "valid_to": "valid to|end date",
    },
    "leads": {
        "status": "(lead )?status|lifecycle stage",
        "created_at": "created?( date| at| on)?|create date|first contact( date| at| on)?|date"
        "|mql( date| at| on)?",
        "converted_at": "converted?( date| at| on)?|conversion date",
    },
    "campaigns": {"name": "(campaign |program )?name"},
    "contents": {
        "name": "(content |asset )?name|title",
        "content_type": "(content |asset )?type",
        "topic": "topic",
    },
    "products": {"name": "(product )?name"},
    "marketing_events": {
        "name": "(event )?name|title",
        "format": "format",
        "place": "place|location|venue",
        "starts_at": "start[s]?( at| date| time)?",
        "ends_at": "end[s]?( at| date| time)?",
    },
    "users": {
        "name": "(full |user )?name|sale (agent|rep)",
        "manager_id": "manager( id)?",
        "team": "(sale )?team",
        "territory": "territory|region( id)?|regional office|office",
    },
    "events": {
        "event_type": "event( type| name)?|activity( type| name)?|action|interaction type"
        "|type( name)?|kind|task subtype",
        "occurred_at": "occurred( at| on)?|timestamp|event (time|date|timestamp)"
        "|(activity )?(date ?time|date|time)"
        "|start(ed)?( at| time| date)?|created?( at| date| on)?|when",
        "actor": "actor",
        "channel": "channel|utm source|origin|source|(lead )?source",
        "medium": "medium",
        "content_type": "content type",
        "stage": "stage( name)?",
        "amount": "amount|revenue|value",
        "currency": "currency( code)?",
    },
}
"""Table → canonical column → names it goes by, as a pattern over small singular words, likeliest first."""


def plain(name: str) -> str:
    """Letters and digits of a name, in small letters.

    >>> plain("Deal Stage"), plain("deal_stage")
    ('dealstage', 'dealstage')
    """
    return re.sub(r"[^a-z0-9à-ÿ]", "", name.lower())


def words(name: str) -> list[str]:
    """Words of a name, in small letters.

    >>> words("OpportunityContactRole"), words("won_date")
    (['opportunity', 'contact', 'role'], ['won', 'date'])
    """
    return [word.lower() for word in _JOINTS.split(name) if word]


def singular_words(name: str) -> list[str]:
    """Words of a name without the plural.

    >>> singular_words("sales_opportunities")
    ['sale', 'opportunity']
    """
    found = []
    for word in words(name):
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
            word = word[:-1]
        found.append(word)
    return found


def spaced(name: str) -> str:
    """The singular words of a name with spaces between."""
    return " ".join(singular_words(name))


def table_named(file: str) -> str | None:
    """The table a file's name speaks of; an empty text for files that hold something else, None if it says
    nothing.

    >>> table_named("sales_teams.csv"), table_named("OpportunityContactRole.csv"), table_named("ad_spend.csv")
    ('users', 'buying_group_members', '')
    """
    stem = re.sub(r"\.(csv|tsv|tab|jsonl|ndjson|parquet|pq|xlsx|xlsm|gz)\b", "", file.rpartition("/")[2])
    name = " ".join(word for word in singular_words(stem) if word not in _NOISE)
    for pattern, table in _TABLES:
        if re.search(pattern, name):
            return table
    return "" if _UNUSED.search(name) else None


def entity_of(column: str) -> str | None:
    """The table (or `sessions`) whose record a column names: `AccountId`, `sales_agent`; None for others.

    >>> entity_of("primary_contact_id"), entity_of("created_at"), entity_of("id")
    ('persons', None, None)
    """
    parts = singular_words(column)
    if len(parts) > 1 and parts[-1] in _ID:
        parts = parts[:-1]
    elif len(parts) > 2 or (len(parts) == 2 and parts[0] not in ("sale", "account", "deal", "opportunity")):
        return None
    last = parts[-1] if parts else ""
    for table, known in ENTITIES.items():
        if last in known:
            return table
    return None


def is_own_id(column: str, table: str | None = None) -> bool:
    """Whether a name is that of a record's own id: `id`, `Guid`, `deal_id` in a file of deals."""
    parts = singular_words(column)
    if parts in (["id"], ["guid"], ["uuid"], ["key"], ["record", "id"]):
        return True
    return bool(table) and len(parts) <= 3 and entity_of(column) == table and parts[-1] in _ID


def title(name: str) -> str:
    """Words with capitals.

    >>> title("web_events")
    'Web Events'
    """
    return " ".join(
        word.upper() if word in ("mql", "sql", "sal", "crm", "id") else word.capitalize()
        for word in words(name)
    )
