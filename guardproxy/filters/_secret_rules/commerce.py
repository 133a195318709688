"""Payment, banking, shops, shipping and exchanges."""

from __future__ import annotations

from guardproxy.filters._secret_rules.judges import base58check, mixed, stellar, with_base58check, with_stellar
from guardproxy.filters._secret_rules.kind import BASE64, WORD, Kind, context, shape

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"

PAYMENT = (
    shape("stripe-secret-key", "Stripe (or Paystack) secret key", "sk_(?:live|test|prod)_{w10,247}", "sk_live_{w99}"),
    shape("stripe-restricted-key", "Stripe restricted key", "rk_(?:live|test|prod)_{w10,247}", "rk_live_{w99}"),
    shape("stripe-webhook-secret", "Stripe webhook signing secret", "whsec_{b32,90}={0,2}", "whsec_{w32}"),
    shape("square-access-token", "Square access token", "EAAA{u44}(?:{u16})?", "EAAA{u60}", before=BASE64, floor=3.5),
    shape("square-oauth-token", "Square personal access token", "sq0atp-{u22}"),
    shape("square-oauth-secret", "Square OAuth secret", "sq0csp-{u43}"),
    shape(
        "braintree-token",
        "PayPal Braintree access token",
        r"access_token\$(?:production|sandbox)\${l16}\${h32}",
        "access_token$production${l16}${h32}",
        vendor="paypal",
    ),
    context("paypal-secret", "PayPal client secret", "paypal", "E{u79}"),
    shape(
        "plaid-access-token",
        "Plaid access token",
        "access-(?:sandbox|development|production)-{i}",
        "access-production-{i}",
    ),
    context("plaid-client-id", "Plaid client id", "plaid", "{l24}"),
    context("plaid-secret", "Plaid secret", "plaid", "{l30}"),
    shape("flutterwave-secret", "Flutterwave secret key", "FLWSECK(?:_TEST|_LIVE)?-{l32}-X", "FLWSECK_TEST-{h32}-X"),
    shape(
        "flutterwave-public",
        "Flutterwave public key",
        "FLWPUBK(?:_TEST|_LIVE)?-{l32}-X",
        "FLWPUBK_TEST-{h32}-X",
        score=0.6,
    ),
    shape("flutterwave-encryption", "Flutterwave encryption key", "FLWSECK_TEST-{h12}", before=WORD),
    shape("razorpay-key", "Razorpay key id", "rzp_(?:live|test)_{w14}", "rzp_live_{w14}", floor=2.5),
    shape("gocardless-token", "GoCardless access token", "live_{u40}", before="A-Za-z0-9_", floor=3.8, judge=mixed),
    shape(
        "mollie-key", "Mollie API key", "(?:live|test)_{w30}", "live_{w30}", before="A-Za-z0-9_", floor=3.5, judge=mixed
    ),
    shape("xendit-key", "Xendit secret key", "xnd_(?:production|development)_{w40,80}", "xnd_production_{w60}"),
    shape("midtrans-key", "Midtrans server key", "Mid-server-{u24}"),
    shape("klarna-key", "Klarna API key", "klarna_(?:live|test)_api_[A-Za-z0-9_+/=-]{40,200}", "klarna_live_api_{u80}"),
    shape("finicity-token", "Finicity token, after its name", "finicity_{h32}", before=WORD),
    context("finicity-key", "Finicity API token", "nicity", "{h32}", name="finicity"),
    context("finicity-secret", "Finicity client secret", "nicity", "{l20}", name="finicity"),
)

SHOPS = (
    shape("shopify-access-token", "Shopify access token", "shpat_{x32}", "shpat_{h32}"),
    shape("shopify-custom-token", "Shopify custom app access token", "shpca_{x32}", "shpca_{h32}"),
    shape("shopify-private-token", "Shopify private app access token", "shppa_{x32}", "shppa_{h32}"),
    shape("shopify-shared-secret", "Shopify shared secret", "shpss_{x32}", "shpss_{h32}"),
    context("etsy-token", "Etsy access token", "etsy", "{l24}", before=WORD),
    context("squarespace-token", "Squarespace access token", "squarespace", "{i}", judge=None),
    context("freshbooks-token", "FreshBooks access token", "shbooks", "{l64}", name="freshbooks"),
    shape("easypost-key", "EasyPost API key", "EZAK{w54}", before=BASE64),
    shape("easypost-test-key", "EasyPost test API key", "EZTK{w54}", before=BASE64),
    shape("shippo-token", "Shippo API token", "shippo_(?:live|test)_{h40}", "shippo_live_{h40}"),
    shape("duffel-token", "Duffel access token", "duffel_(?:test|live)_[A-Za-z0-9_=-]{43}", "duffel_live_{u43}"),
    shape("lob-key", "Lob API key", "(?:live|test)_{h35}", "live_{h35}", before="A-Za-z0-9_"),
    shape(
        "lob-publishable-key",
        "Lob publishable key",
        "(?:live|test)_pub_{h31}",
        "live_pub_{h31}",
        before="A-Za-z0-9_",
        score=0.6,
    ),
    shape(
        "freemius-secret",
        "Freemius secret key, after its name",
        r"""secret_key["']{0,1}\s{0,2}=>\s{0,2}["'](sk_[A-Za-z0-9!#$%&()*+,.:;<=>?@\[\]^_`{|}~-]{29})""",
        "'secret_key' => 'sk_{w29}'",
    ),
)

COINS = (
    context("coinbase-key", "Coinbase API key", "inbase", "{u64}", name="coinbase"),
    context("binance-key", "Binance API key or secret", "binance", "{w64}"),
    context("kraken-key", "Kraken API secret", "kraken", "[A-Za-z0-9/=+_-]{80}", value="{b80}"),
    context("kucoin-id", "KuCoin API key", "kucoin", "{h24}"),
    context("kucoin-secret", "KuCoin API secret", "kucoin", "{i}", judge=None),
    context("bittrex-key", "Bittrex API key or secret", "bittrex", "{l32}"),
    context("infura-key", "Infura project secret", "infura", "{h32}"),
    shape("alchemy-token", "Alchemy access token", "alcht_{w30}", before=WORD, floor=3.0),
    Kind(
        "bitcoin-private-key",
        "wallet",
        "Bitcoin private key (WIF), checksum proven",
        f"[5KL]{_BASE58}{{50,51}}",
        with_base58check(b"\x80" + bytes(range(7, 39)) + b"\x01"),
        1.0,
        WORD,
        judge=base58check,
    ),
    Kind(
        "bitcoin-extended-key",
        "wallet",
        "Extended private key (xprv), checksum proven",
        f"xprv{_BASE58}{{107}}",
        with_base58check(b"\x04\x88\xad\xe4" + bytes(range(60, 134))),
        1.0,
        WORD,
        judge=base58check,
    ),
    Kind(
        "stellar-seed",
        "wallet",
        "Stellar secret seed, checksum proven",
        "S[A-Z2-7]{55}",
        with_stellar(bytes(range(3, 35))),
        1.0,
        WORD,
        judge=stellar,
    ),
    Kind(
        "nostr-key",
        "wallet",
        "Nostr private key",
        "nsec1[02-9ac-hj-np-z]{58}",
        "nsec1" + "q8zr7p3x2c" * 5 + "9akhtm4w",
        0.95,
        WORD,
    ),
    context(
        "ethereum-private-key",
        "Ethereum private key, after its name",
        "private[_ -]?key|mnemonic_key",
        "(?:0x)?{x64}",
        vendor="wallet",
        name="private",
        value="0x{h64}",
    ),
)

KINDS: tuple[Kind, ...] = PAYMENT + SHOPS + COINS
