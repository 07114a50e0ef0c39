import { join } from 'node:path'
import { escapeHtml, readPage } from './html.ts'

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
  <head><meta charset="utf-8"><title>Sign in · Parley</title></head>
  <body>
    <h1>Sign in to Parley</h1>
    <!--error--><div role="alert">{{error}}</div><!--/error-->
    <form method="post" action="/login">
      <input type="hidden" name="csrf-token" value="{{csrf}}">
      <label>Username <input name="username" value="{{username}}" autocomplete="username"></label>
      <label>Password <input name="password" type="password" autocomplete="current-password"></label>
      <button>Sign in</button>
    </form>
    <!--demo--><p>john and bill sign in with the password secret.</p><!--/demo-->
  </body>
</html>
`

/** The page of `GET /login`. */
export async function signInForm(webRoot: string, form: Form): Promise<string> {
  const { csrf, username, error = '', demo } = form
  const template = await readPage(join(webRoot, 'sign-in.html'), plainForm)
  const values: Record<string, string> = { csrf, username, error }
  return withBlock(withBlock(template, 'error', error !== ''), 'demo', demo).replace(
    /\{\{(csrf|username|error)\}\}/g,
    (_, name: string) => escapeHtml(values[name]!),
  )
}

const withBlock = (html: string, name: string, shown: boolean): string =>
  html.replace(new RegExp(`<!--${name}-->(.*?)<!--/${name}-->`, 'gs'), (_, inside: string) =>
    shown ? inside : '',
  )
