import { type Page } from 'playwright-core'
import { expect } from 'vitest'

const call = 'alert(1)'
const elements = ['img', 'svg', 'body', 'video', 'audio', 'details', 'input', 'marquee', 'iframe']
const handlers = ['onerror', 'onload', 'onfocus', 'ontoggle', 'onmouseover', 'onanimationstart']
const schemes = [
  ...[
    'javascript:',
    'JaVaScRiPt:',
    'java\tscript:',
    'java\nscript:',
    ' javascript:',
    '\x01javascript:',
  ],
  ...[
    'javascript&colon;',
    '&#106;avascript:',
    'javascript\\:',
    'vbscript:',
    'view-source:javascript:',
  ],
  ...[
    'data:text/html,<script>alert(1)</script>',
    'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  ],
  ...[
    'blob:https://a.example/x',
    'file:///etc/passwd',
    'about:blank//',
    'intent://x#Intent;end',
    '//',
  ],
]

/** What people have tried elsewhere to make a page run their text: for every place that shows text. */
export const payloads: readonly string[] = [
  ...elements.flatMap((element, index) => [
    `<${element} src=x ${handlers[index % handlers.length]}=${call}>`,
    `"><${element} ${handlers[(index + 1) % handlers.length]}="${call}" autofocus tabindex=0>`,
  ]),
  ...schemes.flatMap((scheme) => [
    `[click](${scheme}${call})`,
    `[click](<${scheme}${call}>)`,
    `<${scheme}${call}>`,
    `<a href="${scheme}${call}">click</a>`,
  ]),
  ...[
    `<script>${call}</script>`,
    `<ScRiPt>${call}</sCrIpT>`,
    `<script src=https://x.example/a.js>`,
  ],
  ...[
    `</script><script>${call}</script>`,
    `<scr<script>ipt>${call}</script>`,
    `<script\x20>${call}`,
  ],
  ...[
    `<svg><script>${call}</script></svg>`,
    `<svg/onload=${call}>`,
    '<svg><use href="data:,x#x"/></svg>',
  ],
  ...[
    `<math><mtext><img src=x onerror=${call}>`,
    `<noscript><p title="</noscript><img src=x onerror=${call}>">`,
  ],
  ...[
    `<template><img src=x onerror=${call}></template>`,
    `<style>@import 'javascript:${call}';</style>`,
  ],
  ...[
    `<style>*{background:url(https://x.example)}</style>`,
    `<p style="background:url(//x.example)">`,
  ],
  ...[
    '<base href="https://x.example/">',
    '<meta http-equiv="refresh" content="0;url=https://x.example">',
  ],
  ...['<link rel=stylesheet href=//x.example>', '<form action=//x.example><button>go</form>'],
  ...[
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<object data="data:text/html,x">',
    '<embed src=//x.example>',
  ],
  ...[`![x](https://x.example/a.png)`, `![x](x "onerror=${call})`, `![](javascript:${call})`],
  ...[`[a](https://x.example" onmouseover="${call})`, `[a](https://x.example 'onclick=${call}')`],
  ...[`https://x.example/"onmouseover="${call}`, `https://x.example/<img src=x onerror=${call}>`],
  ...[`[<img src=x onerror=${call}>](https://x.example)`, `[a]: javascript:${call}\n[a]`],
  ...['[a](https://x.example\\" onload=alert(1))', `<https://x.example/ onclick=${call}>`],
  ...[
    `\`<img src=x onerror=${call}>\``,
    '```html\n<script>alert(1)</script>\n```',
    '```"><img src=x onerror=alert(1)>\nx\n```',
  ],
  ...['~~~constructor\nalert(1)\n~~~', '```__proto__\nalert(1)\n```'],
  ...[
    '| a |\n|-|\n| <img src=x onerror=alert(1)> |',
    `> <img src=x onerror=${call}>`,
    `- <img src=x onerror=${call}>`,
  ],
  ...[
    `# <img src=x onerror=${call}>`,
    `**<img src=x onerror=${call}>**`,
    `@<img src=x onerror=${call}>`,
  ],
  ...[
    '{{constructor.constructor("alert(1)")()}}',
    '${alert(1)}',
    '<%= alert(1) %>',
    '#{alert(1)}',
    '{{ alert(1) }}',
  ],
  ...[
    '&lt;img src=x onerror=alert(1)&gt;',
    '&#60;script&#62;alert(1)&#60;/script&#62;',
    '%3Cscript%3Ealert(1)%3C/script%3E',
  ],
  ...[
    '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
    '＜script＞alert(1)＜/script＞',
    '\u202E<script>alert(1)</script>',
  ],
  ...[
    '<!--><img src=x onerror=alert(1)>-->',
    '<![CDATA[<script>alert(1)</script>]]>',
    '<?xml version="1.0"?><x/>',
  ],
  ...[
    "'-alert(1)-'",
    '";alert(1);//',
    "javascript:/*--></title></style></textarea></script><svg onload='+/\"/+/onmouseover=1/+/[*/[]/+alert(1)//'>",
  ],
]

/**
 * Watches the page for signs that a text was run. Call the answer when the texts are on the screen:
 * nothing was run or loaded, no text became an element, and links lead to web and mail addresses.
 * Violations of the policy and errors fail the test by themselves (`openPage`).
 */
export function watchForHarm(page: Page): () => Promise<void> {
  const harm: string[] = []
  page.on('dialog', async (dialog) => {
    harm.push(`a dialog said ${dialog.message()}`)
    await dialog.dismiss()
  })
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    const foreign = protocol.startsWith('http') && origin !== new URL(page.url()).origin
    if (foreign && page.url().startsWith('http')) harm.push(`a request for ${request.url()}`)
  })
  page.on('popup', (popup) => harm.push(`a window with ${popup.url()}`))
  return async () => {
    expect([...harm, ...(await page.evaluate(findHarm))]).toEqual([])
  }
}

function findHarm(): string[] {
  const found: string[] = []
  const forbidden =
    'script, iframe, object, embed, base, meta, style, link, math, img, video, audio'
  for (const element of document.body.querySelectorAll('*')) {
    const own = element.matches('img[src^="/assets/"]')
    if (!own && element.matches(forbidden)) found.push(`an element ${element.outerHTML}`)
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on')) found.push(`an attribute ${name}="${value}"`)
      const leads = ['href', 'src', 'action', 'xlink:href', 'formaction'].includes(name)
      if (leads && !/^(https?:\/\/|mailto:|\/(?!\/)|#)/.test(value)) found.push(`${name} ${value}`)
    }
  }
  return found
}
