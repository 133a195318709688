"""Chat, mail, telephony and social networks."""

from __future__ import annotations

from guardproxy.filters._secret_rules.kind import BASE64, WORD, Kind, context, shape

CHAT = (
    shape("slack-bot-token", "Slack bot token", "xoxb-[A-Za-z0-9-]{20,200}", "xoxb-{d12}-{d12}-{w24}"),
    shape("slack-user-token", "Slack user token", "xox[pe]-[A-Za-z0-9-]{20,200}", "xoxp-{d12}-{d12}-{d12}-{h32}"),
    shape(
        "slack-app-token",
        "Slack app-level token",
        "xapp-[0-9]-[A-Z0-9]{6,16}-[0-9]{8,16}-{l40,100}",
        "xapp-1-A{c10}-{d13}-{h64}",
    ),
    shape(
        "slack-config-token", "Slack configuration token", r"xoxe(?:\.xox[bp])?-[0-9]-{w60,300}", "xoxe.xoxp-1-{w163}"
    ),
    shape(
        "slack-legacy-token",
        "Slack legacy or workspace token",
        "xox[aosr]-[A-Za-z0-9-]{10,200}",
        "xoxs-{d10}-{d10}-{d10}-{h10}",
    ),
    shape("slack-session", "Slack session token or cookie", "xox[cd]-[A-Za-z0-9%+/=-]{40,400}", "xoxd-{b180}"),
    shape(
        "slack-webhook",
        "Slack incoming webhook, workflow or trigger",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,90})",
        "https://hooks.slack.com/services/T{c8}/B{c8}/{w24}",
    ),
    shape(
        "discord-bot-token",
        "Discord bot token",
        r"[MNO]{u23,27}\.{u6}\.{u27,38}",
        "M{w25}.{u6}.{u38}",
        before="A-Za-z0-9_.-",
    ),
    shape(
        "discord-webhook",
        "Discord webhook",
        r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/([0-9]{17,20}/{u60,72})",
        "https://discord.com/api/webhooks/{d18}/{u68}",
    ),
    context("discord-client-secret", "Discord client secret", "discord", "{u32}"),
    context("discord-public-key", "Discord application key", "discord", "{h64}"),
    shape(
        "telegram-bot-token",
        "Telegram bot token",
        "[0-9]{5,16}:A{u33,34}",
        "{d9}:AA{u33}",
        before="A-Za-z0-9_.",
        floor=3.5,
    ),
    context("mattermost-token", "Mattermost access token", "rmost", "{l26}", name="mattermost"),
    context("gitter-token", "Gitter access token", "gitter", "{u40}"),
    shape("twitch-oauth", "Twitch chat OAuth token", "oauth:({l30})", "oauth:{l30}", before=WORD, floor=3.0),
    context("twitch-secret", "Twitch client id, secret or token", "twitch", "{l30}"),
    context("sendbird-token", "Sendbird API token", "ndbird", "{h40}", name="sendbird"),
    context("sendbird-id", "Sendbird application id", "ndbird", "{i}", judge=None, score=0.6, name="sendbird"),
)

MAIL_AND_PHONE = (
    shape("twilio-key", "Twilio API key", "SK{h32}", before=WORD, floor=2.8),
    shape("twilio-account-sid", "Twilio account identifier", "AC{h32}", score=0.6, before=WORD, floor=2.8),
    context("twilio-auth-token", "Twilio auth token", "twilio", "{h32}"),
    shape("sendgrid-key", "SendGrid API key", r"SG\.{u16,32}\.{u16,64}", "SG.{u22}.{u43}", before=WORD),
    shape("mailgun-key", "Mailgun API key", "key-{h32}", before=WORD, floor=2.8),
    shape("mailgun-public-key", "Mailgun public validation key", "pubkey-{h32}", before=WORD, floor=2.8, score=0.7),
    shape("mailgun-signing-key", "Mailgun key with suffixes", "{h32}-{h8}-{h8}", before="A-Za-z0-9-", floor=2.8),
    shape("mailchimp-key", "Mailchimp API key", "{h32}-us[0-9]{1,2}", "{h32}-us21", before="A-Za-z0-9-", floor=2.8),
    shape(
        "mandrill-key", "Mailchimp Transactional (Mandrill) key", "md-{u22}", vendor="mailchimp", before=WORD, floor=3.8
    ),
    shape("brevo-key", "Brevo (Sendinblue) API key", "xkeysib-{h64}-{w16}"),
    shape("brevo-smtp-key", "Brevo (Sendinblue) SMTP key", "xsmtpsib-{h64}-{w16}"),
    shape("resend-key", "Resend API key", "re_{w8}_{w24}", before=WORD, floor=3.5),
    shape("onesignal-key", "OneSignal API key", "os_v2_(?:app|org)_{l80,120}", "os_v2_app_{l103}"),
    shape("klaviyo-key", "Klaviyo private API key", "pk_{h34}", before=WORD, floor=2.8),
    context("postmark-token", "Postmark server or account token", "ostmark", "{i}", judge=None, name="postmark"),
    context("mailjet-key", "Mailjet API key or secret", "ailjet", "{h32}", name="mailjet"),
    context("sparkpost-key", "SparkPost API key", "sparkpost", "{h40}"),
    context("messagebird-token", "MessageBird API token", "ge[_ -]bird|gebird", "{w25}", name="messagebird"),
    context(
        "messagebird-id",
        "MessageBird client id",
        "ge[_ -]bird|gebird",
        "{i}",
        name="messagebird",
        judge=None,
        score=0.6,
    ),
    context("vonage-secret", "Vonage (Nexmo) API secret", "vonage|nexmo", "{w16}", floor=2.8),
    context("plivo-token", "Plivo auth token", "plivo", "{w40}"),
)

SOCIAL = (
    shape(
        "facebook-token",
        "Facebook or Instagram graph access token",
        "EAA[A-Za-z0-9]{80,400}",
        "EAACEd{w120}",
        before=BASE64,
    ),
    shape(
        "facebook-app-token",
        "Facebook app access token",
        r"[0-9]{15,16}(?:\||%7[cC]){u27,40}",
        "{d16}|{u27}",
        before=WORD,
        floor=3.5,
    ),
    context("facebook-secret", "Facebook app secret", "cebook|fb_app", "{h32}", name="facebook"),
    shape(
        "instagram-token",
        "Instagram access token",
        "IGQ[A-Za-z0-9_-]{100,300}",
        "IGQVJ{u140}",
        vendor="facebook",
        before=BASE64,
    ),
    shape(
        "twitter-bearer",
        "X (Twitter) app bearer token",
        "A{22}[A-Za-z0-9%]{80,120}",
        "AAAAAAAAAAAAAAAAAAAAAA{w90}",
        before=BASE64,
        floor=3.5,
    ),
    context("twitter-key", "X (Twitter) API key", "twitter", "{w25}"),
    context("twitter-secret", "X (Twitter) API secret", "twitter", "{w50}"),
    context("twitter-token", "X (Twitter) access token", "twitter", "[0-9]{15,25}-{w20,40}", value="{d18}-{w30}"),
    context("twitter-token-secret", "X (Twitter) access token secret", "twitter", "{w45}"),
    context("linkedin-id", "LinkedIn client id", "ked[_ -]in|kedin", "{l14}", name="linkedin", floor=2.5, score=0.6),
    context("linkedin-secret", "LinkedIn client secret", "ked[_ -]in|kedin", "{l16}", name="linkedin", floor=2.5),
    context("spotify-secret", "Spotify client secret", "spotify", "{h32}"),
    context("reddit-secret", "Reddit client secret", "reddit", "{u27,30}"),
    shape("pinterest-token", "Pinterest access token", "pina_{c60,100}", "pina_{c72}"),
    context("flickr-key", "Flickr API key", "flickr", "{l32}"),
)

KINDS: tuple[Kind, ...] = CHAT + MAIL_AND_PHONE + SOCIAL
