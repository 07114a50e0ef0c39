import { describe, expect, it } from 'vitest'
import { aBrowser } from './testing/a-browser.ts'
import { anApi } from './testing/an-api.ts'

const english = /^<!doctype html>\s*<html lang="en">[^]*<h1>Sign in to Parley<\/h1>/
const vietnamese = /^<!doctype html>\s*<html lang="vi">[^]*<h1>Đăng nhập Parley<\/h1>/

describe('the language of the pages', () => {
  it.each([
    ['nothing', undefined, english],
    ['English', 'en-GB,en;q=0.9', english],
    ['a language there is not', 'fr-FR,fr;q=0.9', english],
    ['Vietnamese', 'vi-VN,vi;q=0.9,en-US;q=0.8', vietnamese],
    ['Vietnamese after one there is not', 'fr, VI;q=0.5', vietnamese],
    ['English before Vietnamese', 'vi;q=0.2, en;q=0.8', english],
    ['anything but Vietnamese', 'vi;q=0, *;q=0.1', english],
    ['nonsense', ';;q=,vi;q=x,=', english],
  ])('with a browser that prefers %s', async (_, preferred, expected) => {
    const { app } = await anApi()
    const headers = preferred === undefined ? undefined : { 'accept-language': preferred }
    const page = await aBrowser(app, headers).get('/login')
    expect(page.body).toMatch(expected)
    expect(page.headers.vary).toBe('Accept-Language, Cookie')
  })

  it('is the one chosen in this browser, wherever there is one', async () => {
    const { app } = await anApi()
    const browser = aBrowser(app, { 'accept-language': 'en' })
    browser.jar.set('parley_language', 'vi')
    expect((await browser.get('/login')).body).toMatch(vietnamese)
    browser.jar.set('parley_language', 'constructor')
    expect((await browser.get('/login')).body).toMatch(english)
  })

  it('holds for every sentence: a wrong password, an expired form, an address of nothing', async () => {
    const { app } = await anApi()
    const browser = aBrowser(app, { 'accept-language': 'vi' })
    await browser.signIn('john', 'wrong')
    expect((await browser.get('/login')).body).toContain('>Sai tên đăng nhập hoặc mật khẩu!<')
    const expired = await browser.post('/login', { username: 'john' })
    expect([expired.statusCode, expired.body]).toEqual([
      403,
      expect.stringMatching('Trang này đã hết hạn'),
    ])
    expect((await browser.get('/nowhere')).body).toContain('404: Không có gì ở đây.')
    await browser.signIn()
    expect((await browser.get('/')).body).toContain('<html lang="vi">')
  })
})

describe('the theme of the pages', () => {
  it('is the one chosen in this browser, before any script runs', async () => {
    const { app } = await anApi()
    const browser = aBrowser(app)
    browser.jar.set('parley_theme', 'dark')
    expect((await browser.get('/login')).body).toContain('<html lang="en" data-theme="dark">')
    browser.jar.set('parley_theme', '"><script>')
    expect((await browser.get('/login')).body).toContain('<html lang="en">')
  })
})
