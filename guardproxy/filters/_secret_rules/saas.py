"""Work tools, content, maps, data feeds and all other services."""

from __future__ import annotations

from guardproxy.filters._secret_rules.kind import BASE64, WORD, Kind, context, shape

WORK = (
    shape("linear-key", "Linear API key", "lin_api_{w40}"),
    shape("linear-oauth-token", "Linear OAuth token", "lin_oauth_{w40,64}", "lin_oauth_{h64}"),
    context(
        "linear-secret", "Linear client secret", "inear[_-]?(?:client|secret|oauth)", "{h32}", name="linear_client"
    ),
    shape("notion-token", "Notion integration token", "ntn_{d11}{w35}"),
    shape("notion-secret", "Notion integration token (older form)", "secret_{w43}", before=WORD, floor=3.8),
    shape("airtable-token", "Airtable personal access token", r"pat{w14}\.{h64}", before=WORD),
    context("airtable-key", "Airtable API key (older form)", "airtable", "{w17}"),
    shape(
        "asana-token",
        "Asana personal access token",
        "[0-2]/[0-9]{16}(?:/[0-9]{16})?:{h32}",
        "1/{d16}:{h32}",
        before="A-Za-z0-9/",
    ),
    context("asana-id", "Asana client id", "asana", "{d16}", judge=None, floor=2.0, score=0.6),
    context("asana-secret", "Asana client secret", "asana", "{l32}"),
    shape("figma-token", "Figma personal access token", "fig[doru]_{u40,60}", "figd_{u43}", before=WORD),
    shape("dropbox-token", "Dropbox access token", r"sl\.(?:u\.)?{u100,1500}", "sl.{u135}", before="A-Za-z0-9_."),
    context("dropbox-key", "Dropbox app key or secret", "dropbox", "{l15}", floor=2.8),
    context(
        "dropbox-refresh-token",
        "Dropbox long-lived token",
        "dropbox",
        "{l11}AAAAAAAAAA[A-Za-z0-9_=-]{43}",
        value="{l11}AAAAAAAAAA{u43}",
    ),
    shape("clickup-token", "ClickUp personal token", "pk_[0-9]{5,10}_{c32}", "pk_{d8}_{c32}", before=WORD),
    shape("typeform-token", "Typeform personal access token", r"tfp_[A-Za-z0-9_.=-]{40,64}", "tfp_{w44}_{w14}"),
    shape("intercom-token", "Intercom access token", "dG9rO{b50,70}={0,2}", "dG9rO{b54}=", before=BASE64),
    context(
        "intercom-key",
        "Intercom access token, after its name",
        "tercom",
        "[A-Za-z0-9=_-]{60}",
        value="{u60}",
        name="intercom",
    ),
    shape("hubspot-token", "HubSpot private app token", "pat-(?:na|eu|ap)[0-9]-{i}", "pat-na1-{i}"),
    context("hubspot-key", "HubSpot API key", "hubspot|hapikey", "{i}", judge=None),
    context("zendesk-token", "Zendesk API token", "zendesk", "{w40}"),
    context("todoist-token", "Todoist API token", "todoist", "{h40}"),
    context("lokalise-token", "Lokalise API token", "lokalise", "{h40}"),
    shape(
        "zapier-webhook",
        "Zapier webhook",
        "hooks\\.zapier\\.com/hooks/catch/([0-9]{4,12}/[A-Za-z0-9]{5,12})",
        "https://hooks.zapier.com/hooks/catch/{d7}/{l7}",
    ),
    shape("ifttt-key", "IFTTT webhook key", "/with/key/({u20,44})", "https://maker.ifttt.com/trigger/x/with/key/{u43}"),
    shape("cal-key", "Cal.com API key", "cal_(?:live|test)_{h32}", "cal_live_{h32}"),
    shape("dub-key", "Dub API key", "dub_{w24}", before=WORD, floor=3.5),
)

CONTENT = (
    shape("contentful-token", "Contentful personal access token", "CFPAT-{u43}"),
    context(
        "contentful-delivery-token",
        "Contentful delivery token",
        "entful",
        "[A-Za-z0-9=_-]{43}",
        value="{u43}",
        name="contentful",
    ),
    shape("ghost-admin-key", "Ghost admin API key", "{h24}:{h64}", before="A-Za-z0-9-"),
    shape("frameio-token", "Frame.io API token", "fio-u-[A-Za-z0-9_=-]{64}", "fio-u-{u64}"),
    shape("adobe-client-secret", "Adobe client secret", "p8e-{w32}", before=WORD),
    context("adobe-client-id", "Adobe client id", "adobe", "{h32}", score=0.7),
    shape("mapbox-secret-token", "Mapbox token", r"[st]k\.eyJ{u40,200}\.{u22}", "sk.eyJ1Ijoi{u60}.{u22}", before=WORD),
    shape(
        "mapbox-public-token",
        "Mapbox public token",
        r"pk\.[A-Za-z0-9_-]{60,120}\.{u22}",
        "pk.eyJ1Ijoi{u60}.{u22}",
        score=0.7,
        before=WORD,
    ),
    context("maxmind-key", "MaxMind license key", "maxmind|geoip|license[_ -]?key", "{w6}_{w29}_mmk"),
    context("openweather-key", "OpenWeather API key", "nweather", "{h32}", name="openweather"),
    context("nytimes-key", "New York Times API key", "nytimes|york[_ -]?times", "[A-Za-z0-9=_-]{32}", value="{u32}"),
    context("finnhub-token", "Finnhub API token", "finnhub", "{l20}"),
    context("etherscan-key", "Etherscan API key", "erscan", "{c34}", name="etherscan"),
    shape("adafruit-key", "Adafruit IO key", "aio_[A-Za-z]{4}[A-Za-z0-9]{24}", "aio_{a4}{w24}", before=WORD),
    context("adafruit-older-key", "Adafruit IO key, after its name", "adafruit", "[a-z0-9_-]{32}", value="{l32}"),
    shape("beamer-token", "Beamer API token", "b_[A-Za-z0-9=_-]{44}", "b_{w44}", before=WORD, floor=4.2),
    shape("intra42-secret", "Intra 42 client secret", "s-s4t2(?:ud|af)-{h64}", "s-s4t2ud-{h64}"),
    context("rapidapi-key", "RapidAPI key", "rapid[_-]?api", "[A-Za-z0-9_-]{50}", name="rapidapi", value="{w50}"),
    context("giphy-key", "GIPHY API key", "giphy", "{w32}"),
    context("mapquest-key", "MapQuest API key", "mapquest", "{w32}"),
    context("shodan-key", "Shodan API key", "shodan", "{w32}"),
    context("virustotal-key", "VirusTotal API key", "virustotal|x-apikey", "{h64}"),
    context("abuseipdb-key", "AbuseIPDB API key", "abuseipdb", "{h80}"),
)

KINDS: tuple[Kind, ...] = WORK + CONTENT
