import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { startApp } from '../../server/test/app.ts'
import {
  composer,
  eventually,
  expectOpen,
  expectTexts,
  fillSignIn,
  listed,
  liveMs,
  openAs,
  openConversation,
  openPage,
  row,
  signInAs,
  texts,
  write,
} from './browser.ts'

async function johnAndBill() {
  const app = await startApp()
  const [john, bill] = await Promise.all([openAs('john', app), openAs('bill', app)])
  return { app, john, bill }
}

describe('signing in', () => {
  test('john signs in and sees his conversations', async () => {
    const app = await startApp()
    const page = await openPage()
    await page.goto(app.url)
    expect(page.url()).toBe(`${app.url}/login`)
    await fillSignIn(page, 'john', 'secret')
    await listed(page, 'First thread').waitFor()
    expect(page.url()).toBe(`${app.url}/`)
    await page.getByRole('button', { name: 'Account of john' }).waitFor()
  })

  test('wrong credentials are told of once: the message is gone after a reload', async () => {
    const app = await startApp()
    const page = await openPage()
    await page.goto(app.url)
    const alert = page.getByRole('alert')
    for (const [username, password] of [
      ['john', 'not the secret'],
      ['nobody', 'secret'],
      ['', ''],
    ] as const) {
      await fillSignIn(page, username, password)
      await alert.waitFor()
      expect(await alert.allTextContents()).toEqual(['Invalid username or password!'])
      await page.reload()
      expect(await alert.count()).toBe(0)
    }
    await fillSignIn(page, 'john', 'secret')
    await listed(page, 'First thread').waitFor()
  })

  test('signing in works without JavaScript, and the page then says what it needs', async () => {
    const app = await startApp()
    const page = await openPage({ javaScriptEnabled: false })
    await signInAs(page, app, 'john')
    const hint = await page.locator('noscript').textContent()
    expect(hint).toBe('Parley needs JavaScript to show your conversations.')
  })

  test('after signing out the back button shows nothing', async () => {
    const app = await startApp()
    const page = await openAs('john', app)
    await write(page, 'for my eyes only')
    await expectTexts(page, ['for my eyes only'])
    await page.getByRole('button', { name: 'Account of john' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
    expect(page.url()).toBe(`${app.url}/login`)
    expect(await page.content()).not.toContain('for my eyes only')
  })

  test('signing out right after writing waits until that is stored, without asking', async () => {
    const app = await startApp()
    const page = await openAs('john', app)
    await page.getByRole('button', { name: 'Account of john' }).click()
    await app.db.pool.transaction(async (transaction) => {
      await transaction.query({ text: 'select from lines for update' })
      await page.keyboard.press('Escape')
      await write(page, 'one last word')
      await page.getByRole('button', { name: 'Account of john' }).click()
      const signOut = page.getByRole('button', { name: 'Sign out' })
      await signOut.click()
      await eventually(() => signOut.getAttribute('aria-busy')).toBe('true')
    })
    await page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor()
    const [newest] = await app.db.messages.newest(1, 1)
    expect(newest?.content).toBe('one last word')
  })
})

describe('writing', () => {
  test('two people chat: each sees own and other messages once, in order', async () => {
    const { john, bill } = await johnAndBill()
    await write(john, 'hello bill')
    await expectTexts(bill, ['hello bill'], liveMs)
    await write(bill, 'hello john')
    await expectTexts(john, ['hello bill', 'hello john'], liveMs)
    await write(john, 'how are you?')
    const all = ['hello bill', 'hello john', 'how are you?']
    await expectTexts(john, all)
    await expectTexts(bill, all)
    await row(bill, 'hello bill').getByText('john', { exact: true }).waitFor()
    await row(bill, 'hello john').getByText('bill', { exact: true }).waitFor()
  })

  test('my own message is there at once, before the server has answered', async () => {
    const app = await startApp()
    const page = await openAs('john', app)
    const shown = await page.evaluate(async () => {
      const field = document.querySelector('textarea')!
      field.value = 'right away'
      field.dispatchEvent(new Event('input'))
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
      // Vue paints in a microtask; an answer would need a task of its own.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      return document.querySelector('article')?.textContent ?? ''
    })
    expect(shown).toContain('right away')
    await expectTexts(page, ['right away'])
  })

  test('Enter sends, Shift+Enter begins a line', async () => {
    const { john, bill } = await johnAndBill()
    await composer(john).pressSequentially('one')
    await composer(john).press('Shift+Enter')
    await composer(john).pressSequentially('two')
    expect(await composer(john).inputValue()).toBe('one\ntwo')
    expect(await texts(john)).toEqual([])
    await composer(john).press('Enter')
    expect(await composer(john).inputValue()).toBe('')
    await expectTexts(bill, ['one\ntwo'])
    await composer(john).press('Enter')
    await write(john, '   ')
    await write(john, 'three')
    await expectTexts(bill, ['one\ntwo', 'three'])
  })

  test('Enter that picks a word of an input method sends nothing', async () => {
    const { john, bill } = await johnAndBill()
    await composer(john).focus()
    const composing = (type: string, data: string) =>
      composer(john).evaluate(
        (field, [type, data]) =>
          field.dispatchEvent(new CompositionEvent(type!, { data: data!, bubbles: true })),
        [type, data],
      )
    await composing('compositionstart', '')
    await composer(john).evaluate((field: HTMLTextAreaElement) => (field.value = 'にほん'))
    const sent = await composer(john).evaluate((field) => {
      const enter = { key: 'Enter', bubbles: true, cancelable: true }
      const during = new KeyboardEvent('keydown', { ...enter, isComposing: true })
      // Safari ends the composition first, and then reports the key that did.
      const after = new KeyboardEvent('keydown', { ...enter, keyCode: 229 })
      return [field.dispatchEvent(during), field.dispatchEvent(after)]
    })
    expect(sent).toEqual([true, true])
    await composing('compositionend', 'にほん')
    expect(await composer(john).inputValue()).toBe('にほん')
    expect(await texts(john)).toEqual([])
    await composer(john).press('Enter')
    await expectTexts(bill, ['にほん'])
  })

  test('an edited message changes for everybody and says so', async () => {
    const { john, bill } = await johnAndBill()
    await write(john, 'see you at tree')
    await expectTexts(bill, ['see you at tree'])
    await row(john, 'see you').hover()
    await row(john, 'see you').getByRole('button', { name: 'Edit' }).click()
    await john.getByRole('textbox', { name: 'Edit message' }).fill('see you at three')
    await john.getByRole('button', { name: 'Save' }).click()
    for (const page of [john, bill]) {
      await row(page, 'see you at three').getByText('edited', { exact: true }).waitFor()
      expect(await page.getByRole('article').count()).toBe(1)
    }
    expect(await row(bill, 'see you').getByRole('button', { name: 'Edit' }).count()).toBe(0)
  })

  test('a deleted message is gone for everybody, and a line says that it was there', async () => {
    const { john, bill } = await johnAndBill()
    await write(john, 'too much information')
    await write(john, 'good morning')
    await expectTexts(bill, ['too much information', 'good morning'])
    await row(john, 'too much').hover()
    await row(john, 'too much').getByRole('button', { name: 'More actions' }).click()
    await john.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = john.getByRole('dialog', { name: 'Delete this message?' })
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await expectTexts(bill, ['Message deleted', 'good morning'])
    await expectTexts(john, ['Message deleted', 'good morning'])
    expect(await bill.content()).not.toContain('too much information')
  })

  test('an address is a safe link, a script is plain text', async () => {
    const { john, bill } = await johnAndBill()
    const script = 'javascript:alert(1) <b>bold</b> data:text/html,<script>alert(2)</script>'
    await write(john, 'read https://example.com/a?b=c&d=(e).')
    await write(john, script)
    await expectTexts(bill, ['read https://example.com/a?b=c&d=(e).', script])
    const links = bill.getByRole('log').getByRole('link')
    expect(await links.count()).toBe(1)
    expect(await links.textContent()).toBe('https://example.com/a?b=c&d=(e)')
    expect(await links.getAttribute('href')).toBe('https://example.com/a?b=c&d=(e)')
    expect(await links.getAttribute('target')).toBe('_blank')
    expect((await links.getAttribute('rel'))?.split(' ')).toEqual(
      expect.arrayContaining(['noopener', 'noreferrer']),
    )
    expect(await row(bill, 'javascript:').locator('b, script').count()).toBe(0)
  })
})

async function create(page: Page, name: string, kind: 'Public' | 'Private'): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).click()
  const dialog = page.getByRole('dialog', { name: 'New conversation' })
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('radio', { name: kind }).check()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expectOpen(page, name)
}

const membersButton = (page: Page, count: string) =>
  page.getByRole('button', { name: new RegExp(`^${count}\\b`) })

describe('conversations', () => {
  test('bill, added to a private conversation, sees it at once', async () => {
    const { john, bill } = await johnAndBill()
    await create(john, 'Surprise party', 'Private')
    await write(john, 'he must not know')
    await membersButton(john, '1 member').click()
    const dialog = john.getByRole('dialog', { name: 'Members' })
    await dialog.getByRole('button', { name: 'Add people' }).click()
    await dialog.getByLabel('Add people').fill('nobody')
    await dialog.getByText('Nobody found.').waitFor()
    expect(await listed(bill, 'Surprise party').count()).toBe(0)
    await dialog.getByLabel('Add people').fill('Bill')
    await dialog.getByRole('option', { name: 'bill' }).click()
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await listed(bill, 'Surprise party').waitFor({ timeout: liveMs })
    await dialog.getByRole('listitem').filter({ hasText: 'bill' }).waitFor()
    await openConversation(bill, 'Surprise party')
    await expectTexts(bill, ['he must not know'])
    await dialog.getByRole('button', { name: 'Close' }).click()
    await write(bill, 'I know')
    await expectTexts(john, ['he must not know', 'I know'])
  })

  test('a public conversation is found by browsing, a private one is not', async () => {
    const { john, bill } = await johnAndBill()
    await create(john, 'Gardening', 'Public')
    await write(john, 'roses are red')
    await create(john, 'Secret garden', 'Private')
    await bill.getByRole('button', { name: 'Browse conversations' }).click()
    const dialog = bill.getByRole('dialog', { name: 'Browse conversations' })
    await dialog.getByText('Gardening', { exact: true }).waitFor()
    expect(await dialog.getByText('Secret garden').count()).toBe(0)
    await dialog.getByRole('button', { name: 'Join Gardening' }).click()
    await expectOpen(bill, 'Gardening')
    await expectTexts(bill, ['roses are red'])
    await write(bill, 'violets are blue')
    await openConversation(john, 'Gardening')
    await expectTexts(john, ['roses are red', 'violets are blue'])
    await membersButton(john, '2 members').waitFor()
  })

  test('somebody who leaves does not see the conversation any more', async () => {
    const { app, john, bill } = await johnAndBill()
    await bill.getByRole('button', { name: 'Conversation options' }).click()
    await bill.getByRole('menuitem', { name: 'Leave conversation' }).click()
    await bill.getByRole('button', { name: 'Leave', exact: true }).click()
    await bill.getByText('You are in no conversation yet.').waitFor()
    expect(bill.url()).toBe(`${app.url}/`)
    await membersButton(john, '1 member').waitFor()
    await write(john, 'alone at last')
    await expectTexts(john, ['alone at last'])
    await bill.reload()
    await bill.getByText('You are in no conversation yet.').waitFor()
    expect(await bill.title()).toBe('Parley')
  })

  test('unread messages are counted in the list and in the title until they are read', async () => {
    const app = await startApp()
    const john = await openAs('john', app)
    const bill = await openPage()
    await signInAs(bill, app, 'bill')
    await listed(bill, 'First thread').waitFor()
    expect(await bill.title()).toBe('Parley')
    await write(john, 'one')
    await write(john, 'two')
    await listed(bill, 'First thread 2 unread').waitFor()
    await eventually(() => bill.title()).toBe('(2) Parley')
    await bill.reload()
    await listed(bill, 'First thread 2 unread').waitFor()
    await openConversation(bill, 'First thread')
    await bill.getByText('New messages', { exact: true }).waitFor()
    await eventually(() => bill.title()).toBe('First thread · Parley')
    await bill.getByRole('link', { name: 'Parley', exact: true }).click()
    await eventually(() => bill.title()).toBe('Parley')
    await write(john, 'three')
    await listed(bill, 'First thread 1 unread').waitFor()
    expect(await john.title()).toBe('First thread · Parley')
  })

  test('an address opens its conversation', async () => {
    const app = await startApp()
    const page = await openPage()
    await signInAs(page, app, 'john')
    await page.goto(`${app.url}/c/1`)
    await expectOpen(page, 'First thread')
    await write(page, 'here I am')
    await row(page, 'here I am').waitFor()
    // Until it is kept the page asks before it is left.
    await eventually(() => page.locator('article.waiting').count()).toBe(0)
    await page.reload()
    await expectTexts(page, ['here I am'])
  })

  test('an address of nothing says so and leads back', async () => {
    const app = await startApp()
    const page = await openPage()
    await signInAs(page, app, 'john')
    await page.goto(`${app.url}/c/999`)
    await page.getByRole('heading', { name: 'This conversation cannot be shown' }).waitFor()
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toBe('It does not exist, or you are not a member.')
    await page.getByRole('link', { name: 'Back to conversations' }).click()
    await page.getByRole('heading', { name: 'No conversation chosen' }).waitFor()
  })
})
