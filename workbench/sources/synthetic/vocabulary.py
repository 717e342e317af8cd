"""Words the synthetic company is built from.

Companies, products,
campaigns and contents are invented; names of persons are common given and family names put
together at random. Every list is a constant, so a code (a position in it) means the same in every run.
"""

from __future__ import annotations

EVENT_TYPES = (
    "Email Sent", "Email Delivered", "Email Bounced", "Email Opened", "Email Clicked",
    "Web Visit", "Content Viewed", "Pricing Page Viewed",
    "Display Impression", "Display Click", "Social Impression", "Social Click",
    "Event Registered", "Event Attended", "Webinar Attended",
    "Lead Form: Step 1", "Lead Form: Step 2", "Lead Form: Complete",
    "Lead Generated", "Lead Qualification", "MQL Qualified", "MQL Disqualified", "Demo Requested",
    "SQL Qualified", "Opportunity Created", "Sales Stage Started", "Needs Assessment",
    "Solution Presentation", "Proposal Submission", "Objection Handling", "Negotiation", "Closed-Won",
    "Closed-Lost", "Order Placed", "Post-Sales Follow-Up", "Meeting", "Call",
)  # fmt: skip
EVENT_CODE = {name: code for code, name in enumerate(EVENT_TYPES)}

STAGES = (
    "Qualification", "Needs Assessment", "Solution Presentation", "Proposal Submission", "Objection Handling",
    "Negotiation", "Closed-Won", "Closed-Lost",
)  # fmt: skip
OPEN_STAGES = 6
"""The first six are passed while a deal is open; the event of the first is named "Sales Stage Started"."""
STAGE_EVENTS = ("Sales Stage Started", *STAGES[1:])

ACTORS = ("buyer", "seller", "system")
BUYER, SELLER, SYSTEM = range(3)
SOURCES = ("web", "mail", "ads", "events", "crm")
WEB, MAIL, ADS, EVENTS, CRM = range(5)
CHANNELS = (
    "Email", "Organic Search", "Paid Search", "Direct", "Referral", "Display", "Social", "Webinar",
    "Trade Show", "Phone", "Field Sales", "Marketing Automation", "CRM",
)  # fmt: skip
CHANNEL = {name: code for code, name in enumerate(CHANNELS)}
MEDIA = ("online", "offline")
MEDIUM_OF_CHANNEL = tuple(int(name in ("Trade Show", "Phone", "Field Sales", "CRM")) for name in CHANNELS)

CONTENT_TYPES = (
    "Blog", "Video", "Whitepaper", "Webinar", "Case Study", "Product Page", "Datasheet", "Pricing",
)  # fmt: skip
"""From the top of the funnel to its bottom."""
TOPICS = (
    "Predictive Maintenance", "Energy Cost", "Shop Floor Visibility", "Cold Chain Quality", "Site Safety",
    "Asset Registers", "Spare Parts Planning", "Audit Readiness", "Fleet Uptime", "Carbon Reporting",
    "Sensor Retrofits", "Multi-Site Rollouts", "Edge Security", "Operator Training",
)  # fmt: skip
CONTENT_TITLES = {
    "Blog": "Five Questions on {}", "Video": "{} in Three Minutes", "Whitepaper": "The Practical Guide to {}",
    "Webinar": "{}: Recording of the Live Session", "Case Study": "How an Operator Rethought {}",
    "Product Page": "{} Solutions", "Datasheet": "{}: Technical Datasheet", "Pricing": "Plans for {}",
}  # fmt: skip

PRODUCTS = (
    ("Tessaly Monitor", "Software", 18_000), ("Tessaly Monitor Enterprise", "Software", 64_000),
    ("Tessaly Predict", "Software", 42_000), ("Tessaly Ledger", "Software", 27_000),
    ("Orrin Edge Gateway", "Hardware", 9_500), ("Orrin Vibration Sensor Pack", "Hardware", 4_800),
    ("Orrin Thermal Camera Kit", "Hardware", 14_200), ("Quillmark Audit Suite", "Software", 33_000),
    ("Quillmark Training Passes", "Service", 6_400), ("Rollout and Integration Service", "Service", 38_000),
    ("Premium Care", "Service", 12_500),
    ("Remote Operations Desk, Round the Clock, per Site", "Service", 51_000),
)  # fmt: skip

SPRING_SERIES = "Spring Webinar Series"
CAMPAIGNS = (  # name, channel, objective, first day, last day, budget
    (SPRING_SERIES, "Webinar", "Qualification", "2024-03-01", "2024-06-30", 85_000),
    ("Always-On Search", "Paid Search", "Demand", "2023-01-01", "2025-06-30", 420_000),
    ("Always-On Retargeting", "Display", "Demand", "2023-01-01", "2025-06-30", 260_000),
    ("Monthly Newsletter", "Email", "Nurture", "2023-01-01", "2025-06-30", 60_000),
    ("Customer Letter", "Email", "Loyalty", "2023-01-01", "2025-06-30", 30_000),
    ("Winter Efficiency Push 2023", "Email", "Demand", "2023-01-09", "2023-03-17", 45_000),
    ("Sensor Retrofit Launch", "Display", "Launch", "2023-03-01", "2023-06-30", 120_000),
    ("Downtime Calculator", "Social", "Demand", "2023-04-03", "2023-08-31", 55_000),
    ("Plant Tour Roadshow 2023", "Trade Show", "Pipeline", "2023-05-01", "2023-11-30", 190_000),
    ("Audit Season 2023", "Email", "Demand", "2023-09-01", "2023-12-15", 48_000),
    ("Ledger Upgrade Offer", "Email", "Upsell", "2023-10-01", "2024-02-29", 35_000),
    ("Energy Report 2024", "Social", "Demand", "2024-01-08", "2024-04-30", 70_000),
    ("Enterprise Executive Dinners", "Trade Show", "Pipeline", "2024-02-01", "2024-12-15", 150_000),
    ("Predict Launch", "Display", "Launch", "2024-05-02", "2024-09-30", 140_000),
    ("Plant Tour Roadshow 2024", "Trade Show", "Pipeline", "2024-05-01", "2024-11-30", 210_000),
    ("Summer Training Passes", "Email", "Cross-Sell", "2024-06-03", "2024-08-30", 25_000),
    ("Audit Season 2024", "Email", "Demand", "2024-09-02", "2024-12-13", 52_000),
    ("Safety Week", "Social", "Demand", "2024-10-07", "2024-11-29", 38_000),
    ("Renew Early", "Email", "Renewal", "2024-11-01", "2025-03-31", 20_000),
    ("Carbon Reporting Countdown for Multi-Site Manufacturers and Their Suppliers", "Email", "Demand",
     "2025-01-07", "2025-06-30", 66_000),
    ("Winter Efficiency Push 2025", "Email", "Demand", "2025-01-13", "2025-03-21", 50_000),
    ("Plant Tour Roadshow 2025", "Trade Show", "Pipeline", "2025-03-03", "2025-06-30", 160_000),
    ("Edge Gateway Trade-In", "Display", "Cross-Sell", "2025-02-03", "2025-06-30", 95_000),
    ("Spring Webinar Encore", "Webinar", "Demand", "2025-03-03", "2025-06-13", 60_000),
)  # fmt: skip
IN_PERSON = ("Plant Tour", "Executive Dinner", "Trade Fair", "User Conference", "Hands-On Workshop")
WEBINARS = ("Office Hours", "Product Clinic", "Customer Story Live")

SIZES = ("Small", "Mid-Market", "Enterprise")
REVENUE_RANGES = ("below 10 M", "10 M to 50 M", "50 M to 250 M", "250 M to 1 B", "above 1 B")
INDUSTRIES: dict[str, tuple[str, ...]] = {
    "Manufacturing": ("Castings", "Precision Parts", "Pumps", "Drives", "Toolworks", "Bearings", "Foundry",
                      "Machine Works", "Industrial Automation", "Packaging Machines"),
    "Software": ("Software", "Systems", "Data Platforms", "Cloudworks", "Applications", "Digital", "Labs",
                 "Analytics", "Interactive"),
    "Logistics": ("Freight", "Logistics", "Haulage", "Shipping", "Cold Storage", "Warehousing", "Couriers"),
    "Energy": ("Energy", "Wind", "Grid Services", "Power", "Renewables", "Utilities"),
    "Healthcare": ("Clinics", "Medical Devices", "Diagnostics", "Care", "Laboratories", "Pharma Supply"),
    "Food and Beverage": ("Foods", "Dairy", "Bakeries", "Beverages", "Mills", "Provisions"),
    "Construction": ("Construction", "Concrete", "Civil Works", "Timber", "Facades", "Building Supply"),
    "Financial Services": ("Bank", "Insurance", "Leasing", "Capital", "Asset Management"),
    "Retail": ("Retail", "Markets", "Outfitters", "Home Stores", "Trading"),
    "Media": ("Media", "Publishing", "Studios", "Broadcast"),
    "Chemicals": ("Chemicals", "Coatings", "Polymers", "Specialty Materials"),
    "Public Sector": ("Waterworks", "Transit Authority", "Port Authority", "Public Services"),
}  # fmt: skip
INDUSTRY_NAMES = tuple(INDUSTRIES)
ACTIVITIES = tuple(word for words in INDUSTRIES.values() for word in words)
INDUSTRY_OF_ACTIVITY = tuple(code for code, words in enumerate(INDUSTRIES.values()) for _ in words)

NAME_HEADS = (
    "Ald", "Arn", "Bal", "Bern", "Bran", "Brenn", "Cald", "Carr", "Cor", "Dal", "Dov", "Drum", "Eld", "Ember",
    "Fal", "Fen", "Garr", "Glen", "Grav", "Hald", "Hest", "Holm", "Irr", "Jor", "Kall", "Kest", "Kor", "Lang",
    "Lind", "Lor", "Mar", "Mell", "Mor", "Nar", "Nest", "Nor", "Ostr", "Ott", "Pell", "Pern", "Quar", "Quill",
    "Rav", "Roth", "Sal", "Selm", "Sterr", "Tarn", "Tess", "Thorn", "Torv", "Ulm", "Umb", "Vald", "Varn",
    "Vest", "Wald", "Wend", "Wex", "Wyn", "Yarr", "Yor", "Zan", "Zell",
)  # fmt: skip
NAME_TAILS = (
    "abor", "acre", "adine", "agon", "aldi", "ameer", "andor", "antis", "arro", "asko", "avane", "avik",
    "eford", "elan", "elby", "emark", "enda", "engo", "erin", "esco", "eska", "ethan", "evia", "iben", "idon",
    "igard", "ilion", "imar", "indra", "ingate", "irel", "isso", "iston", "itec", "ivane", "obera", "odan",
    "okar", "olen", "omere", "onwell", "opal", "oria", "osmark", "ostan", "ovan", "uland", "umbra", "unda",
    "urek", "usko", "uvia", "ybrook", "ydale", "ygrim", "ymond", "ynor", "yova", "yrell", "ystad",
)  # fmt: skip
REGIONS = (
    "North", "South", "East", "West", "Iberia", "Nordics", "Baltics", "Alps", "Americas", "Pacific",
    "Atlantic", "Adriatic", "Central", "Midlands", "Highlands", "Lowlands", "Coast", "Rhine", "Danube",
    "Great Lakes", "Prairie", "Overseas", "International", "Europe", "Services", "Technologies", "Ventures",
    "Components", "Engineering",
)  # fmt: skip

COUNTRIES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {  # territory, legal forms, cities
    "United States": ("Americas", ("Inc.", "LLC", "Corp."),
                      ("Columbus", "Tulsa", "Portland", "Madison", "Raleigh", "Denver", "Austin", "Spokane")),
    "Germany": ("DACH", ("GmbH", "AG", "GmbH & Co. KG", "SE"),
                ("Hamburg", "München", "Kassel", "Dortmund", "Leipzig", "Ulm")),
    "United Kingdom": ("UK and Ireland", ("Ltd", "plc"), ("Leeds", "Bristol", "Derby", "Glasgow", "Reading")),
    "France": ("South", ("SAS", "SA", "SARL"), ("Lyon", "Nantes", "Lille", "Grenoble")),
    "Netherlands": ("Benelux and Nordics", ("B.V.", "N.V."), ("Rotterdam", "Utrecht", "Eindhoven")),
    "Sweden": ("Benelux and Nordics", ("AB",), ("Malmö", "Uppsala", "Örebro")),
    "Switzerland": ("DACH", ("AG", "GmbH"), ("Zürich", "Basel", "Winterthur")),
    "Austria": ("DACH", ("GmbH", "AG"), ("Wien", "Linz", "Graz")),
    "Italy": ("South", ("S.p.A.", "S.r.l."), ("Torino", "Bologna", "Verona")),
    "Spain": ("South", ("S.A.", "S.L."), ("Bilbao", "Valencia", "Zaragoza")),
    "Poland": ("East", ("Sp. z o.o.", "S.A."), ("Gdańsk", "Poznań", "Wrocław")),
    "Ireland": ("UK and Ireland", ("Ltd", "DAC"), ("Cork", "Galway", "Dublin")),
    "Canada": ("Americas", ("Inc.", "Ltd."), ("Halifax", "Calgary", "Hamilton")),
    "Denmark": ("Benelux and Nordics", ("A/S", "ApS"), ("Aarhus", "Odense", "Aalborg")),
}  # fmt: skip
COUNTRY_NAMES = tuple(COUNTRIES)
COUNTRY_SHARES = (0.24, 0.18, 0.12, 0.08, 0.06, 0.05, 0.05, 0.04, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02)
TERRITORIES = ("Americas", "DACH", "UK and Ireland", "South", "Benelux and Nordics", "East")
SELLERS_PER_TERRITORY = 7

GIVEN_NAMES = (
    "Ada", "Agnes", "Ahmed", "Alba", "Amir", "Ana", "Anders", "Anja", "Arthur", "Beata", "Bjorn", "Bruno",
    "Camille", "Carlos", "Chen", "Clara", "Daniel", "David", "Deborah", "Dmitri", "Elena", "Elif", "Emil",
    "Emma", "Erik", "Esther", "Fatima", "Felix", "Fiona", "Gabriel", "Georg", "Grace", "Hanna", "Hassan",
    "Helen", "Hiro", "Hugo", "Ida", "Ines", "Ingrid", "Isabel", "Ivan", "James", "Jana", "Javier", "Jonas",
    "Julia", "Karen", "Katja", "Kenji", "Lars", "Laura", "Lea", "Leon", "Linda", "Lucia", "Magnus", "Maria",
    "Marek", "Martin", "Maya", "Mehmet", "Mia", "Miguel", "Nadia", "Nina", "Noah", "Olga", "Oliver", "Omar",
    "Patricia", "Paul", "Petra", "Priya", "Rafael", "Ravi", "Rosa", "Ruth", "Samuel", "Sara", "Silvia",
    "Simon", "Sofia", "Stefan", "Susan", "Thomas", "Tomasz", "Vera", "Victor", "Yuki",
)  # fmt: skip
FAMILY_NAMES = (
    "Adler", "Ahlberg", "Alvarez", "Andersen", "Bakker", "Baran", "Becker", "Bennett", "Berg", "Bianchi",
    "Bishop", "Brandt", "Brooks", "Carter", "Castro", "Chapman", "Costa", "Cruz", "Dahl", "Danner", "Demir",
    "Dietrich", "Dubois", "Eklund", "Engel", "Evans", "Fischer", "Fleming", "Fontaine", "Fox", "Garcia",
    "Graf", "Greene", "Haas", "Hansen", "Hartley", "Hayashi", "Herrera", "Hoffman", "Horvath", "Hughes",
    "Iversen", "Jansen", "Jensen", "Kaya", "Keller", "Khan", "Kim", "Klein", "Kovac", "Kowalski", "Kumar",
    "Lambert", "Larsen", "Lehmann", "Lopez", "Lund", "Marino", "Martens", "Mehta", "Meyer", "Moreau",
    "Morgan", "Murphy", "Nielsen", "Novak", "Okafor", "Olsen", "Ortega", "Palmer", "Patel", "Petrov", "Quinn",
    "Ramos", "Reyes", "Richter", "Romano", "Rossi", "Sato", "Schmid", "Schneider", "Shah", "Silva",
    "Sorensen", "Stone", "Tanaka", "Torres", "Vargas", "Vogel", "Walsh", "Weber", "Winter", "Wolf", "Young",
)  # fmt: skip
JOB_TITLES = (  # title, department, role type
    ("Chief Operating Officer", "Operations", "Decision Maker"),
    ("Chief Financial Officer", "Finance", "Decision Maker"),
    ("Chief Information Officer", "IT", "Decision Maker"), ("VP Operations", "Operations", "Decision Maker"),
    ("VP Engineering", "Engineering", "Decision Maker"),
    ("Managing Director", "Management", "Decision Maker"),
    ("Director of Maintenance", "Operations", "Influencer"),
    ("Director of Procurement", "Procurement", "Influencer"), ("Plant Manager", "Operations", "Influencer"),
    ("Head of Quality", "Quality", "Influencer"), ("Head of IT Infrastructure", "IT", "Influencer"),
    ("Head of Digital Transformation", "IT", "Influencer"), ("Energy Manager", "Facilities", "Influencer"),
    ("Procurement Manager", "Procurement", "Gatekeeper"), ("Strategic Buyer", "Procurement", "Gatekeeper"),
    ("Legal Counsel", "Legal", "Gatekeeper"), ("Reliability Engineer", "Engineering", "Practitioner"),
    ("Automation Engineer", "Engineering", "Practitioner"),
    ("Maintenance Planner", "Operations", "Practitioner"), ("Data Engineer", "IT", "Practitioner"),
    ("Health and Safety Officer", "Quality", "Practitioner"), ("Controller", "Finance", "Practitioner"),
    ("IT Security Analyst", "IT", "Practitioner"), ("Operations Analyst", "Operations", "Practitioner"),
    ("Executive Assistant to the Senior Vice President, Global Operations and Supply Chain", "Management",
     "Gatekeeper"),
    ("Sustainability Manager", "Facilities", "Influencer"), ("Warehouse Lead", "Operations", "Practitioner"),
    ("Project Manager", "Engineering", "Practitioner"), ("Marketing Manager", "Marketing", "Practitioner"),
    ("HR Business Partner", "HR", "Practitioner"),
)  # fmt: skip
CONSENT_SHARES = (0.06, 0.05, 0.12, 0.25, 0.40, 0.12)
"""Of the levels 0 none, 1 consent, 2 transactional, 3 subscriptions, 4 marketing, 5 profiling."""
MEMBER_ROLES = (
    "Champion", "Decision Maker", "Economic Buyer", "Technical Evaluator", "Influencer", "Procurement",
    "End User", "Legal",
)  # fmt: skip
SECOND_ROLES = ("Consultant", "Board Member", "Interim Manager", "Shared Services")

NEW_BUSINESS, CROSS_SELL, UPSELL, RENEWAL = range(4)
OPPORTUNITY_TYPES = ("New Business", "Cross-Sell", "Upsell", "Renewal")
CURRENCY = "EUR"
