"""Presets: every one is recognised from small files of its kind, and what it drafts loads."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from tests.drafting.folders import folder, lines
from workbench.drafting import presets

FILES: dict[str, dict[str, str]] = {
    "salesforce": {
        "Account": lines(
            '"Id","Name","ParentId","BillingCity","Industry","OwnerId","NumberOfEmployees"',
            '"001A","Acme","000000000000000AAA","Ulm","Tools","005A","12"',
            '"001B","Acme North","001A","Bonn","","005A","4"',
        ),
        "Contact": lines(
            '"Id","AccountId","FirstName","LastName","Email","Title","HasOptedOutOfEmail"',
            '"003A","001A","Ann","Lee","a@acme.com","CFO","false"',
            '"003B","001B","Bo","Ray","b@acme.com","","true"',
        ),
        "Lead": lines(
            '"Id","FirstName","LastName","Status","LeadSource","CreatedDate","IsConverted",'
            '"ConvertedDate","ConvertedAccountId","ConvertedContactId","ConvertedOpportunityId","Company"',
            '"00QA","Ann","Lee","Qualified","Web","2024-01-02T10:00:00.000Z","true","2024-01-09",'
            '"001A","003A","006A","Acme"',
            '"00QB","Cy","Dee","Open","Event","2024-01-03T10:00:00.000Z","false","",'
            '"000000000000000AAA","000000000000000AAA","000000000000000AAA","Cee"',
        ),
        "Opportunity": lines(
            '"Id","AccountId","Name","StageName","Amount","CloseDate","CreatedDate","OwnerId",'
            '"Probability","LeadSource"',
            '"006A","001A","Deal A","Closed Won","1200.50","2024-03-01",'
            '"2024-01-09T08:00:00.000Z","005A","100","Web"',
            '"006B","001B","Deal B","Prospecting","","2026-03-01","2024-02-09T08:00:00.000Z","005A","10",""',
        ),
        "OpportunityHistory": lines(
            '"Id","OpportunityId","StageName","Amount","CreatedDate","Probability"',
            '"008A","006A","Prospecting","1000","2024-01-09T08:00:00.000Z","10"',
            '"008B","006A","Closed Won","1200.50","2024-03-01T08:00:00.000Z","100"',
        ),
        "OpportunityContactRole": lines(
            '"Id","OpportunityId","ContactId","Role","IsPrimary"',
            '"00KA","006A","003A","Decision Maker","true"',
            '"00KB","006A","003B","Evaluator","false"',
        ),
        "Campaign": lines(
            '"Id","Name","Type","Status","StartDate","IsActive"',
            '"701A","Spring","Email","Completed","2024-01-01","true"',
            '"701B","Fair","Event","Planned","2024-05-01","true"',
        ),
        "CampaignMember": lines(
            '"Id","CampaignId","LeadId","ContactId","Status","HasResponded","FirstRespondedDate",'
            '"CreatedDate"',
            '"00vA","701A","000000000000000AAA","003A","Responded","true","2024-01-05",'
            '"2024-01-02T10:00:00.000Z"',
            '"00vB","701A","00QB","000000000000000AAA","Sent","false","","2024-01-02T10:00:00.000Z"',
        ),
        "Task": lines(
            '"Id","WhoId","WhatId","AccountId","Subject","ActivityDate","Status","TaskSubtype"',
            '"00TA","003A","006A","001A","Call back","2024-01-12","Completed","Call"',
            '"00TB","003B","006A","001A","Write","2024-01-14","Not Started","Email"',
        ),
    },
    "hubspot": {
        "companies": lines(
            "Record ID,Company name,Industry,City,Create Date,Company Domain Name",
            "11,Acme,Tools,Ulm,2024-01-01 10:00,acme.com",
            "12,Bolt,,Bonn,2024-01-02 10:00,bolt.io",
        ),
        "contacts": lines(
            "Record ID,First Name,Last Name,Email,Create Date,Primary Associated Company ID,"
            "Job Title,Lifecycle Stage",
            "51,Ann,Lee,a@acme.com,2024-01-01 10:00,11,CFO,lead",
            "52,Bo,Ray,b@bolt.io,2024-01-02 10:00,12,,lead",
        ),
        "deals": lines(
            "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Create Date,Close Date,Associated Company IDs",
            "91,A,Closed won,Sales,100,2024-01-05 10:00,2024-02-05 10:00,11",
            "92,B,Demo,Sales,50,2024-01-06 10:00,2024-09-06 10:00,12",
        ),
    },
    "marketo": {
        "marketo_lead": lines(
            "id,created_at,updated_at,email,first_name,last_name",
            "1,2024-01-01 10:00:00,2024-02-01 10:00:00,a@x.com,Ann,Lee",
            "2,2024-01-02 10:00:00,2024-02-01 10:00:00,b@x.com,Bo,Ray",
        ),
        "marketo_activity_open_email": lines(
            "id,activity_date,lead_id,campaign_id,primary_attribute_value_id",
            "7,2024-01-05 10:00:00,1,3,22",
            "8,2024-01-06 10:00:00,2,3,22",
        ),
        "marketo_activity_send_email": lines(
            "id,activity_date,lead_id,campaign_id,primary_attribute_value_id",
            "5,2024-01-04 10:00:00,1,3,22",
            "6,2024-01-04 10:00:00,2,3,22",
        ),
    },
    "account_engagement": {
        "pardot_prospect": lines(
            "id,email,created_at,first_name,last_name,crm_account_fid,crm_contact_fid,score,grade",
            "1,a@x.com,2024-01-01 10:00:00 UTC,Ann,Lee,001A,003A,10,A",
            "2,b@x.com,2024-01-02 10:00:00 UTC,Bo,Ray,001B,003B,5,B",
        ),
        "pardot_visitor_activity": lines(
            "id,prospect_id,type,type_name,created_at,visitor_id,list_email_id",
            "1,1,11,Email,2024-01-05 10:00:00 UTC,9,4",
            "2,2,1,Email,2024-01-06 10:00:00 UTC,8,4",
        ),
        "pardot_opportunity": lines(
            "id,name,stage,status,created_at,closed_at,value,probability",
            "5,A,Won,Won,2024-01-07 10:00:00 UTC,2024-02-01 10:00:00 UTC,100.0,100",
            "6,B,Demo,Open,2024-01-08 10:00:00 UTC,,50.0,20",
        ),
    },
    "dynamics": {
        "accounts_export": lines(
            "accountid,name,parentaccountid,statecode,ownerid,address1_city",
            "a1,Acme,,0,u1,Ulm",
            "a2,Acme North,a1,0,u1,Bonn",
        ),
        "contacts_export": lines(
            "contactid,fullname,parentcustomerid,emailaddress1,jobtitle,statecode",
            "c1,Ann Lee,a1,a@acme.com,CFO,0",
            "c2,Bo Ray,a2,b@acme.com,,0",
        ),
        "opportunities_export": lines(
            "opportunityid,name,parentaccountid,statecode,createdon,actualclosedate,actualvalue,stepname",
            "o1,A,a1,1,2024-01-05T10:00:00Z,2024-03-05T10:00:00Z,100,Close",
            "o2,B,a2,0,2024-01-06T10:00:00Z,,,Qualify",
        ),
        "EmailOpened": lines(
            "InternalMarketingInteractionId,InteractionType,Timestamp,ContactId,AccountId,MessageId",
            "i1,EmailOpened,2024-01-02T10:00:00+00:00,c1,a1,m1",
            "i2,EmailOpened,2024-01-03T10:00:00+00:00,c2,a2,m1",
        ),
    },
    "ga4": {
        "bq_export": lines(
            "event_date,event_timestamp,event_name,user_pseudo_id,user_id,platform",
            "20240105,1704448800000000,page_view,p1,,WEB",
            "20240105,1704448860000000,form_submit,p1,u1,WEB",
        )
    },
    "process_log": {
        "bpi": lines(
            "case:concept:name,concept:name,time:timestamp,org:resource",
            "c1,Register,2024-01-01T10:00:00+01:00,r1",
            "c1,Approve,2024-01-02T10:00:00+01:00,r2",
            "c2,Register,2024-01-03T10:00:00+01:00,r1",
        )
    },
    "event_log": {
        "stream": lines(
            "user_id,event,timestamp",
            "u1,signup,2024-01-01 10:00:00",
            "u1,login,2024-01-02 10:00:00",
            "u2,signup,2024-01-02 11:00:00",
        )
    },
}
EVENTS = {
    "salesforce": {
        "Lead Created": 2,
        "Lead Converted": 1,
        "Opportunity Created": 2,
        "Closed-Won": 1,
        "Stage Changed": 2,
        "Campaign Member Created": 2,
        "Campaign Responded": 1,
        "Call": 1,
    },
    "hubspot": {"Contact Created": 2, "Deal Created": 2, "Closed-Won": 1},
    "marketo": {"Lead Created": 2, "Email Opened": 2, "Email Sent": 2},
    "account_engagement": {
        "Prospect Created": 2,
        "Email: Open": 1,
        "Email: Click": 1,
        "Opportunity Created": 2,
        "Closed-Won": 1,
    },
    "dynamics": {"Opportunity Created": 2, "Closed-Won": 1, "EmailOpened": 2},
    "ga4": {"page_view": 1, "form_submit": 1},
    "process_log": {"Register": 2, "Approve": 1},
    "event_log": {"signup": 2, "login": 1},
}


def test_every_preset_has_its_samples() -> None:
    assert set(presets()) == set(FILES) == set(EVENTS)


@pytest.mark.parametrize("preset", FILES)
def test_files_are_recognised_and_load(preset: str, tmp_path: Path) -> None:
    made = wb.draft(folder(tmp_path, **FILES[preset]))
    assert not made.left_out
    for one in made.proposals:
        if one.path.endswith(".preset"):
            assert str(one.value).startswith(f"{preset}/"), one
    (tmp_path / "draft.toml").write_text(made.toml, encoding="utf-8")
    bench = wb.load(tmp_path / "draft.toml", data=made.data, workspace=tmp_path / "ws")
    assert dict(bench.sql("SELECT event_type, count(*) FROM events GROUP BY 1").rows()) == EVENTS[preset]
    rejected = {
        name: source.get("rejected")
        for name, source in bench.audit["sources"].items()
        if source.get("rejected")
    }
    assert not rejected


def test_salesforce_nulls_roles_and_parents(tmp_path: Path) -> None:
    made = wb.draft(folder(tmp_path, **FILES["salesforce"]))
    (tmp_path / "draft.toml").write_text(made.toml, encoding="utf-8")
    bench = wb.load(tmp_path / "draft.toml", data=made.data, workspace=tmp_path / "ws")
    assert bench.sql("SELECT account_id, parent_account_id FROM accounts ORDER BY 1").rows() == [
        ("001A", None),
        ("001B", "001A"),
    ]
    assert bench.sql("SELECT person_id, role, is_primary FROM buying_group_members ORDER BY 1").rows() == [
        ("003A", "Decision Maker", True),
        ("003B", "Evaluator", False),
    ]
    assert bench.sql("SELECT account_id FROM buying_groups").rows() == [("001A",)]
    assert bench.sql("SELECT person_id FROM leads ORDER BY lead_id").rows() == [("003A",), ("00QB",)]
    assert bench.sql(
        "SELECT person_id FROM events WHERE event_type = 'Campaign Member Created' ORDER BY 1"
    ).rows() == [
        ("003A",),
        ("00QB",),
    ]
    assert bench.sql("SELECT opportunity_id FROM events WHERE event_type = 'Call'").rows() == [("006A",)]
    assert bench.sql("SELECT stage FROM opportunity_stages ORDER BY entered_at").rows() == [
        ("Prospecting",),
        ("Closed Won",),
    ]


def test_reports_with_labels_are_recognised(tmp_path: Path) -> None:
    report = lines(
        "Opportunity ID,Opportunity Name,Account ID,Stage,Amount,Close Date,Created Date,"
        "Probability (%),Lead Source",
        '006A,Deal A,001A,Closed Won,"$1,200.50",3/31/2024,1/9/2024,100,Web',
        '006B,Deal B,001B,Closed Lost,"$900.00",4/15/2024,2/9/2024,0,Web',
    )
    made = wb.draft(folder(tmp_path, report1718283=report))
    assert made.proposal("sources.report1718283.preset").value == "salesforce/Opportunity"
    (tmp_path / "draft.toml").write_text(made.toml, encoding="utf-8")
    bench = wb.load(tmp_path / "draft.toml", data=made.data, workspace=tmp_path / "ws")
    assert bench.sql(
        "SELECT outcome, amount::DOUBLE, closed_at::VARCHAR FROM opportunities ORDER BY 1"
    ).rows() == [
        ("lost", 900.0, "2024-04-15 00:00:00"),
        ("won", 1200.5, "2024-03-31 00:00:00"),
    ]


def test_a_preset_can_be_taken_back(tmp_path: Path) -> None:
    made = wb.draft(folder(tmp_path, **FILES["event_log"]))
    other = made.with_choice("sources.stream.preset", "")
    assert other.content["source"][0]["events"][0]["person_id"] == "user_id"
    with pytest.raises(wb.SpecError, match="does not fit"):
        made.with_choice("sources.stream.preset", "salesforce/Account")


def test_presets_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "till.toml"
    own.write_text(
        'name = "Till"\n[[file]]\nname = "receipts"\nfiles = ["*"]\nneeds = ["beleg", "zeit", "kunde"]\n'
        '[[file.events]]\nevent_type = { value = "Kauf" }\n'
        'occurred_at = "zeit"\naccount_id = "{kunde} || \'-x\'"\n'
    )
    data = folder(tmp_path, kasse=lines("beleg,zeit,kunde", "1,2024-01-01,k1", "2,2024-01-02,k2"))
    made = wb.draft(data, presets=[own])
    assert made.preview().events == {"Kauf": 2}
    own.write_text(own.read_text().replace("[[file.events]]", "[[file.event]]"))
    with pytest.raises(wb.SourceError, match=r"till\.toml.*did you mean 'events'"):
        wb.draft(data, presets=[own])
    with pytest.raises(wb.SourceError, match="no such preset"):
        wb.draft(data, presets=[tmp_path / "nowhere"])
