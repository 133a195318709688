"""Clouds, hosting and domains: credentials in the formats that their vendors publish."""

from __future__ import annotations

from guardproxy.filters._secret_rules.kind import BASE64, WORD, Kind, context, expand, fake, nocase, shape

_EQUALS = r"""["'`\]]{0,2}\s{0,3}[:=,>]{1,2}\s{0,3}["'`]{0,2}"""

AMAZON = (
    shape(
        "aws-access-key-id",
        "AWS access key id (long-term, temporary, bearer, context)",
        r"(?:AKIA|ASIA|ABIA|ACCA){c16}",
        "AKIA{c16}",
        floor=2.0,
    ),
    Kind(
        "aws-secret-access-key",
        "aws",
        "AWS secret access key, after its name",
        f"(?:{nocase('secret')}[_ -]?(?:{nocase('access')}[_ -]?)?{nocase('key')}|{nocase('aws_secret')})"
        + _EQUALS
        + expand("({b40})"),
        "aws_secret_access_key = " + fake("{b40}", "aws"),
        floor=3.5,
        context=True,
    ),
    Kind(
        "aws-session-token",
        "aws",
        "AWS session token, after its name",
        f"{nocase('session')}[_ -]?{nocase('token')}" + _EQUALS + "([A-Za-z0-9/+=]{100,1500})",
        'aws_session_token="' + fake("{b300}", "session") + '=="',
        context=True,
    ),
    shape("aws-bedrock-key", "Amazon Bedrock API key (long-lived)", "ABSK{b109,269}={0,2}", "ABSK{b128}="),
    shape(
        "aws-bedrock-short-key",
        "Amazon Bedrock API key (short-lived)",
        "bedrock-api-key-YmVkcm9ja{b60,1500}={0,2}",
        "bedrock-api-key-YmVkcm9ja{b90}",
        vendor="aws",
    ),
    shape("aws-mws-token", "Amazon Marketplace web service token", r"amzn\.mws\.{i}"),
    shape("aws-appsync-key", "AWS AppSync API key", "da2-{l26}", before=WORD, floor=2.5),
)

GOOGLE = (
    shape("gcp-api-key", "Google API key (Maps, Firebase, Gemini)", "AIza{u35}", floor=3.0),
    shape("gcp-oauth-token", "Google OAuth access token", r"ya29\.{u20,1000}", r"ya29.{u120}"),
    shape("gcp-refresh-token", "Google OAuth refresh token", "1//0{u40,120}", "1//0{u80}", before="A-Za-z0-9/"),
    shape("gcp-client-secret", "Google OAuth client secret", "GOCSPX-{u28}"),
    Kind(
        "gcp-private-key-id",
        "gcp",
        "Key id of a Google service account",
        "private_key_id" + _EQUALS + expand("({h40})"),
        '"private_key_id": "' + fake("{h40}", "gcp") + '"',
        0.7,
        context=True,
    ),
    shape("firebase-messaging-key", "Firebase cloud messaging server key", "AAAA{u7}:APA91b{u134}", vendor="gcp"),
)

MICROSOFT = (
    Kind(
        "azure-storage-key",
        "azure",
        "Azure storage or Cosmos account key in a connection string",
        f"(?:{nocase('Account')}|{nocase('Shared_?Access')})_?{nocase('Key')}" + _EQUALS + expand("({b86}==)"),
        "AccountKey=" + fake("{b86}==", "az"),
        floor=3.5,
        context=True,
    ),
    Kind(
        "azure-shared-access-key",
        "azure",
        "Shared access key of Service Bus, Event Hubs, IoT Hub, Relay",
        "SharedAccessKey" + _EQUALS + expand("({b43}=)"),
        "SharedAccessKey=" + fake("{b43}=", "bus"),
        floor=3.5,
        context=True,
    ),
    Kind(
        "azure-sas-signature",
        "azure",
        "Signature of a shared access signature",
        "sig=([A-Za-z0-9%/+]{40,100}(?:%3[dD]|=))",
        "?sv=2023-11-03&sig=" + fake("{w43}%3D", "sas"),
        before=WORD,
        context=True,
    ),
    shape(
        "azure-client-secret",
        "Client secret of Entra ID (Azure AD)",
        "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        "{w3}8Q~{u34}",
        before="A-Za-z0-9_~.-",
    ),
    context(
        "azure-devops-token",
        "Azure DevOps personal access token",
        "azdo|vsts|azure[_ -]?devops",
        "[a-z2-7]{52}",
        value="q7xk3mz5vh2n" * 4 + "w4tb",
        judge=None,
    ),
    context("azure-subscription-key", "Key of Azure API management or AI services", "ocp-apim-subscription", "{h32}"),
    context("azure-function-key", "Key of an Azure function", "x-functions", "[A-Za-z0-9_-]{54}==", value="{u54}=="),
    shape(
        "teams-webhook",
        "Incoming webhook of Microsoft Teams",
        r"webhook\.office\.com/webhookb2/([A-Za-z0-9@-]{40,90}/IncomingWebhook/[A-Za-z0-9/-]{40,90})",
        "https://acme.webhook.office.com/webhookb2/{i}@{i}/IncomingWebhook/{l32}/{i}",
        vendor="microsoft",
    ),
)

OTHERS = (
    shape("alibaba-access-key-id", "Alibaba Cloud access key id", "LTAI{w12,20}", "LTAI{w20}"),
    context("alibaba-secret-key", "Alibaba Cloud access key secret", "alibaba|aliyun|alicloud", "{w30}"),
    shape("tencent-secret-id", "Tencent Cloud secret id", "AKID{w32}"),
    shape("digitalocean-token", "DigitalOcean personal access token", "dop_v1_{h64}"),
    shape("digitalocean-oauth", "DigitalOcean OAuth token", "doo_v1_{h64}"),
    shape("digitalocean-refresh", "DigitalOcean refresh token", "dor_v1_{h64}"),
    shape("digitalocean-spaces-key", "DigitalOcean Spaces access key", "DO00{c16}", score=0.8, before=WORD, floor=2.5),
    shape("heroku-token", "Heroku API key", "HRKU-{u36,64}", "HRKU-{i}"),
    context("heroku-api-key", "Heroku API key (older form)", "eroku", "{i}", judge=None, name="heroku"),
    shape("fly-token", "Fly.io access token (macaroon)", "fm[12][ar]?_{b60,1500}={0,3}", "fm2_{b120}==", before=WORD),
    shape("fly-oauth", "Fly.io access token", "fo1_{u43}", before=WORD),
    shape("cloudflare-token", "Cloudflare key or token with checksum", "cf(?:k|ut|at)_{w40}{h8}", "cfut_{w40}{h8}"),
    shape("cloudflare-origin-ca", "Cloudflare origin CA key", r"v1\.0-{h24}-{h146}"),
    context("cloudflare-api-token", "Cloudflare API token (older form)", "cloudflare|cf[_-]api", "{u40}"),
    context("cloudflare-global-key", "Cloudflare global API key (older form)", "cloudflare|x-auth", "{h37}"),
    shape("vercel-token", "Vercel token (personal, integration, app, AI gateway)", "vc[piark]_{w56}", "vcp_{w56}"),
    shape("vercel-blob-token", "Vercel Blob read-write token", "vercel_blob_rw_{w16}_{w30}"),
    context("vercel-api-token", "Vercel token (older form)", "vercel", "{w24}"),
    shape("netlify-token", "Netlify access token", "nf[pcoub]_{w36}", "nfp_{w36}"),
    context("netlify-api-token", "Netlify access token (older form)", "netlify", "[A-Za-z0-9=_-]{40}", value="{u40}"),
    shape(
        "yandex-iam-token", "Yandex Cloud IAM token", r"t1\.{u4,200}={0,2}\.{u86}={0,2}", "t1.{u20}.{u86}", before=WORD
    ),
    shape("yandex-api-key", "Yandex Cloud API key", "AQVN{u35,38}", "AQVN{u36}"),
    shape("yandex-oauth", "Yandex OAuth token", "y[0-3]_{u55,70}", "y0_{u58}", before=WORD),
    context("yandex-static-key", "Yandex Cloud static secret key", "yandex", "YC{u38}"),
    shape("aiven-password", "Aiven service password", "AVNS_{u19}"),
    shape("render-key", "Render API key", "rnd_{w32}", before=WORD, floor=3.0),
    shape("supabase-token", "Supabase personal access token", "sb[po]_{h40}", "sbp_{h40}"),
    shape("supabase-secret-key", "Supabase secret key", "sb_secret_{u20,48}", "sb_secret_{u31}"),
    shape("neon-key", "Neon API key", "napi_{l64}"),
    shape("clickhouse-key", "ClickHouse Cloud secret key", "4b1d{w38}", before=BASE64, floor=3.5),
    shape("planetscale-password", "PlanetScale password", r"pscale_pw_[A-Za-z0-9_.=-]{32,64}", "pscale_pw_{u43}"),
    shape("planetscale-token", "PlanetScale service token", r"pscale_tkn_[A-Za-z0-9_.=-]{32,64}", "pscale_tkn_{u43}"),
    shape("planetscale-oauth", "PlanetScale OAuth token", r"pscale_oauth_[A-Za-z0-9_.=-]{32,64}", "pscale_oauth_{u43}"),
    shape("mongodb-atlas-secret", "MongoDB Atlas service account secret", "mdb_sa_sk_{u40}", vendor="mongodb"),
    shape("cockroach-key", "CockroachDB Cloud API key", "CCDB1_{w22}_{w40}"),
    shape("databricks-token", "Databricks personal access token", "dapi{h32}(?:-[0-9])?", "dapi{h32}-2", before=WORD),
    shape("databricks-oauth-secret", "Databricks OAuth secret", "dose{h32}", before=WORD),
    shape(
        "backblaze-key",
        "Backblaze B2 application key",
        "K00[0-9]{b27}",
        "K005{b27}",
        score=0.8,
        before=BASE64,
        floor=3.5,
    ),
    shape("scaleway-access-key", "Scaleway access key", "SCW{c17}", before=WORD, floor=2.8, score=0.8),
    context(
        "ibm-cloud-key", "IBM Cloud API key", "ibm[_ -]?cloud|bluemix|ibm_api", "{u44}", vendor="ibm", name="ibm_cloud"
    ),
    context("linode-token", "Linode token", "linode", "{h64}"),
    context("hetzner-token", "Hetzner Cloud token", "hcloud|hetzner", "{w64}"),
    context("vultr-key", "Vultr API key", "vultr", "{c36}"),
    context("fastly-token", "Fastly API token", "fastly", "{u32}"),
    context("confluent-key", "Confluent Cloud API key", "fluent", "{l16}", floor=2.5, name="confluent"),
    context("confluent-secret", "Confluent Cloud API secret", "fluent", "{b64}", name="confluent"),
    context("meraki-key", "Cisco Meraki API key", "meraki", "{h40}", vendor="cisco"),
    context("zerotier-token", "ZeroTier Central token", "zerotier", "{w32}"),
    context("namecheap-key", "Namecheap API key", "mecheap", "{h32}", name="namecheap"),
    context("godaddy-key", "GoDaddy API key", "godaddy|sso-key", "{w10,16}_{w21,24}", value="{w12}_{w22}"),
)

KINDS: tuple[Kind, ...] = AMAZON + GOOGLE + MICROSOFT + OTHERS
