import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { root } from './setup.js'

/** `node scripts/screenshots.js [FOLDER]`: the main screens of a built checkout, with a small story in them. */
const folder = process.argv[2] ?? join(root, 'docs/screenshots')
const dataDir = await mkdtemp(join(tmpdir(), 'parley-screenshots-'))
const env = {
  ...process.env,
  PARLEY_DATA_DIR: join(dataDir, 'data'),
  PORT: '0',
  PARLEY_GATEWAY_PORT: 'off',
}
const parley = join(root, 'server/bin/parley.js')
const passwordOf = (name) => (['john', 'bill'].includes(name) ? 'secret' : `${name} is here`)

async function addUser(name) {
  const child = spawn(process.execPath, [parley, 'user', 'add', name], { cwd: dataDir, env })
  child.stdin.end(`${passwordOf(name)}\n`)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${name} was not added`)
}

async function startServer() {
  const child = spawn(process.execPath, [parley, 'serve'], { cwd: dataDir, env })
  let output = ''
  const url = await new Promise((found, failed) => {
    child.once('exit', () => failed(new Error(output)))
    child.stdout.on('data', (chunk) => {
      output += chunk
      const address = /at (http:\S+)/.exec(output)?.[1]
      if (address) found(address)
    })
  })
  return { child, url }
}

const { child, url } = await startServer()
const people = ['linh', 'sara', 'tom']
for (const name of people) await addUser(name)
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
})

async function openAs(name) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    serviceWorkers: 'block',
  })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel('Username').fill(name)
  await page.getByLabel('Password').fill(passwordOf(name))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor()
  const call = async (method, path, body) => {
    const answer = await context.request.fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { data: body }),
    })
    if (!answer.ok()) throw new Error(`${method} ${path}: ${await answer.text()}`)
    return answer.json()
  }
  const id = Number(
    await page.evaluate("fetch('/api/users/me').then((r) => r.json()).then((b) => b.user?.id)"),
  )
  return { id, page, call }
}

const say = async ({ call }, conversation, content, more = {}) =>
  (
    await call('POST', `/api/conversations/${conversation}/messages`, {
      content,
      clientKey: crypto.randomUUID(),
      ...more,
    })
  ).message

/** What everybody sees: a working day of five people. */
async function tellStory({ john, bill, linh, sara, tom }) {
  const create = async (name, kind, topic, members) => {
    const { conversation } = await john.call('POST', '/api/conversations', {
      ...{ name, kind, clientKey: crypto.randomUUID() },
    })
    await john.call('PATCH', `/api/conversations/${conversation.id}`, { topic })
    for (const username of members)
      await john.call('POST', `/api/conversations/${conversation.id}/members`, { username })
    return conversation.id
  }
  const everybody = ['bill', 'linh', 'sara', 'tom']
  const release = await create('Release 2.0', 'public', 'Ships on Thursday', everybody)
  const design = await create('Design', 'private', 'Screens, words and colours', ['linh', 'sara'])
  const lunch = await create('Lunch', 'public', 'Who eats where', everybody)

  await say(tom, lunch, 'The noodle place at noon?')
  await say(sara, lunch, '🍜')
  await say(linh, lunch, 'Count me in')
  await say(sara, design, 'New icons are in the shared folder')
  await say(linh, design, 'I like the second one best. *Calm*, and still easy to find.')

  await say(linh, release, 'Good morning! Yesterday’s build is on the test server.')
  const question = await say(bill, release, 'Does the import work with large files now?')
  await say(bill, release, 'Mine had 40,000 lines and stopped half-way.')
  await say(linh, release, 'It reads in parts now. This was the mistake:')
  await say(
    linh,
    release,
    '```ts\nfor await (const part of file.stream()) {\n  // Not all of it at once.\n  await store(parse(part))\n}\n```',
  )
  const answer = await say(linh, release, 'Takes 12 seconds for your file, @bill.', {
    replyTo: question.id,
  })
  for (const { call } of [bill, john, tom])
    await call('POST', `/api/messages/${answer.id}/reactions`, { emoji: '🎉', added: true })
  await bill.call('POST', `/api/messages/${answer.id}/reactions`, { emoji: '👍', added: true })
  await say(
    tom,
    release,
    'Left for Thursday:\n- [release notes](https://example.com/notes)\n- the **Vietnamese** words\n- one last look at the phone',
  )
  const plan = await say(john, release, 'I take the notes. Words by noon, @linh?')
  await john.call('POST', `/api/messages/${plan.id}/pin`, { pinned: true })
  await say(linh, release, 'Xong rồi! Already done. 😄')

  const { conversation: direct } = await bill.call('POST', '/api/conversations/direct', {
    userIds: [john.id],
  })
  await say(bill, direct.id, 'Thanks for the quick help yesterday!')
  await john.call('PATCH', `/api/conversations/${release}/preferences`, { favourite: true })
  return release
}

/** After animations, and once what loads late is there. */
const shot = async (page, name) => {
  await pause(400)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

async function open(page, id) {
  await page.goto(`${url}/c/${id}`)
  await page.locator('[role="log"][aria-busy="false"] article:visible').first().waitFor()
}

try {
  await mkdir(folder, { recursive: true })
  const names = ['john', 'bill', ...people]
  const everyone = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await openAs(name)])),
  )
  const release = await tellStory(everyone)
  const { page } = everyone.john
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    await open(page, release)
    await shot(page, `conversation-${colorScheme}`)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('l')
    await shot(page, `switcher-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.getByRole('article').filter({ hasText: 'Already done' }).hover()
    await page.getByRole('button', { name: 'Add reaction' }).last().click()
    await page.getByLabel('Search emoji').waitFor()
    await shot(page, `emoji-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'linh', exact: true }).first().click()
    await page.getByRole('dialog', { name: 'Profile of linh' }).waitFor()
    await shot(page, `profile-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '5 members' }).click()
    await shot(page, `members-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Account of john' }).click()
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('dialog', { name: 'Settings' }).waitFor()
    await shot(page, `settings-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'New conversation' }).click()
    await shot(page, `create-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Browse conversations' }).click()
    await shot(page, `browse-${colorScheme}`)
    await page.keyboard.press('Escape')
    await page.goto(`${url}/mentions`)
    await shot(page, `mentions-${colorScheme}`)
    const visitor = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme })
    await visitor.goto(`${url}/login`)
    await shot(visitor, `sign-in-${colorScheme}`)
    await visitor.context().close()
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 390, height: 800 })
  await open(page, release)
  await shot(page, 'conversation-phone')
  await page.goto(url)
  await shot(page, 'list-phone')
} finally {
  await browser.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  await rm(dataDir, { recursive: true, maxRetries: 10, retryDelay: 50 })
}
