import { join } from 'node:path'
import { escapeHtml, readPage } from './html.ts'
import type { PageWords } from './page-look.ts'

interface Form {
  csrf: string
  /** What the person typed, to correct it. */
  username: string
  error: string | undefined
  /** Whether to tell the names and the password of the demo. */
  demo: boolean
}

/** Stands in for the web build's page; the same fields and placeholders. */
const plainForm = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>{{title}}</title></head>
  <body>
    <h1>{{heading}}</h1>
    <!--error--><div role="alert">{{error}}</div><!--/error-->
    <form method="post" action="/login">
      <input type="hidden" name="csrf-token" value="{{csrf}}">
      <label>{{usernameLabel}} <input name="username" value="{{username}}" autocomplete="username"></label>
      <label>{{passwordLabel}} <input name="password" type="password" autocomplete="current-password"></label>
      <button>{{signIn}}</button>
    </form>
    <!--demo--><p>{{demo}}</p><!--/demo-->
  </body>
</html>
`

/** The page of `GET /login`. */
export async function signInForm(webRoot: string, form: Form, words: PageWords): Promise<string> {
  const template = await readPage(join(webRoot, 'sign-in.html'), plainForm)
  const values = valuesOf(form, words)
  const shown = withBlock(template, 'error', form.error !== undefined)
  return withBlock(shown, 'demo', form.demo).replace(
    /\{\{(\w+)\}\}/g,
    (placeholder, name: string) => values[name] ?? placeholder,
  )
}

function valuesOf({ csrf, username, error = '' }: Form, words: PageWords): Record<string, string> {
  const { title, heading, username: usernameLabel, password: passwordLabel, signIn } = words
  const texts = { csrf, username, error, title, heading, usernameLabel, passwordLabel, signIn }
  const demo = escapeHtml(words.demo).replace(/\{(\w+)\}/g, '<code>$1</code>')
  const escaped = Object.entries(texts).map(([name, text]) => [name, escapeHtml(text)])
  return { ...Object.fromEntries(escaped), demo }
}

const withBlock = (html: string, name: string, shown: boolean): string =>
  html.replace(new RegExp(`<!--${name}-->(.*?)<!--/${name}-->`, 'gs'), (_, inside: string) =>
    shown ? inside : '',
  )
