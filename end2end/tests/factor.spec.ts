// Second factors, passkeys, sign-ins: set up on the page, then used at the door, with scripts and without, in both languages.
import { type Browser, type Page } from '@playwright/test';
import { PASSWORD, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { early, phone, totp } from '../fixtures/factor';
import { expect, signIn, test } from '../fixtures/test';

/** Sets up an authenticator app; gives its secret and the recovery codes. Uses the code of the period before. */
async function setUp(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto('/settings/security');
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
  const secret = (await page.locator('.setup-key').textContent())!;
  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByText('The code is not right, or was used before.')).toBeVisible();
  await early();
  await page.getByLabel('Code', { exact: true }).fill(totp(secret, -1));
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
  const codes = await page.locator('.code-list code').allTextContents();
  expect(codes).toHaveLength(10);
  return { secret, codes };
}

/** Signs in with the password, up to the page that asks for the second factor. */
async function half(page: Page, person: { email: string }, next = ''): Promise<void> {
  await page.goto(`/login${next}`);
  await page.locator('input[name=email]').fill(person.email);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
  await expect(page).toHaveURL(/\/login\/factor/);
}

async function second(page: Page, code: string): Promise<void> {
  await page.locator('input[name=code]').fill(code);
  await page.locator('form:has(input[name=code]) button[type=submit]').click();
}

async function fresh(browser: Browser, clean: { watch(c: unknown): void }, options = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  clean.watch(context as never);
  return context.newPage();
}

// An open page asks for its line again after its session was taken away.
test.beforeEach(({ clean }) => clean.allow(/WebSocket connection to .* failed: HTTP Authentication failed/));

test('an authenticator app is set up and asked for, its code is good once, a recovery code stands in', async ({ page, person, server, browser, clean }) => {
  test.setTimeout(180_000);
  await signIn(page, person);
  const { secret, codes } = await setUp(page);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  expect(file.suggestedFilename()).toBe('liao-recovery-codes.txt');
  const text = Buffer.concat(await file.createReadStream().then((stream) => stream.toArray())).toString();
  expect(text).toContain(codes[9]);
  await page.getByRole('button', { name: 'I have them' }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toHaveCount(0);
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();

  const other = await fresh(browser, clean, { baseURL: server.url });
  await half(other, person, '?next=/settings/profile');
  expect(other.url()).not.toContain('ticket');
  await second(other, '123456');
  await expect(other.getByText('The code is not right, or was used before.')).toBeVisible();
  await early();
  const code = totp(secret);
  await second(other, code);
  await expect(other).toHaveURL(/^[^?]+\/settings\/profile$/);

  const third = await fresh(browser, clean, { baseURL: server.url });
  await half(third, person);
  await second(third, code);
  await expect(third.getByText('The code is not right, or was used before.')).toBeVisible();
  await third.getByLabel('Do not ask on this browser for 30 days').check();
  await second(third, codes[0]!.toLowerCase());
  await expect(third).toHaveURL(`${server.url}/`);

  // Remembered: the password is enough, here and nowhere else.
  await third.context().clearCookies({ name: 'liao_session' });
  await signIn(third, person, server.url);
  await expect(third).toHaveURL(`${server.url}/`);
  await other.context().clearCookies({ name: 'liao_session' });
  await half(other, person);

  await page.reload();
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible();
  await page.getByRole('button', { name: 'Switch off' }).click();
  await expect(page.getByRole('button', { name: 'Set up an authenticator app' })).toBeVisible();
  for (const done of [other, third]) await done.context().close();
});

test('sign-ins are listed, and ended one by one and all at once', async ({ page, person, server, browser, clean }) => {
  await signIn(page, person);
  const other = await fresh(browser, clean, { baseURL: server.url });
  await signIn(other, person, server.url);
  await page.goto('/settings/security');
  const rows = page.locator('#sessions .entry');
  // The two browsers, and the program that registered.
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText('This one');
  await expect(rows.first()).toContainText('Chrome · Windows');
  await rows.filter({ hasText: 'Chrome' }).nth(1).getByRole('button').click();
  await expect(rows).toHaveCount(2);
  await other.goto('/settings/profile');
  await expect(other).toHaveURL(/\/login/);
  await page.getByRole('button', { name: 'Sign out all others' }).click();
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Sign out all others' })).toHaveCount(0);
  await other.context().close();
});

test('whose role has to have a second factor gets nowhere before there is one', async ({ page, ownServer, browser, clean }) => {
  test.setTimeout(150_000);
  const [ada, mei] = [await register(ownServer.url, 'Ada'), await register(ownServer.url, 'Mei')];
  await signIn(page, ada, ownServer.url);
  await page.goto(`${ownServer.url}/admin/settings/security`);
  const save = page.locator('form').filter({ hasText: 'Second factor' }).getByRole('button', { name: 'Save' });
  await page.getByLabel('Members have to use one').check();
  await page.getByLabel('Days that the security log is kept').fill('7');
  await save.click();
  await expect(page.locator('.wrong')).toBeVisible();
  await page.getByLabel('Members have to use one').check();
  await page.getByLabel('Days that the security log is kept').fill('90');
  await save.click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(page.getByLabel('Members have to use one')).toBeChecked();
  await expect(page.getByLabel('Administrators have to use one')).not.toBeChecked();

  // What the page's own calls get, before it is allowed to make them.
  clean.allow(/403/);
  const there = await fresh(browser, clean, { baseURL: ownServer.url });
  await signIn(there, mei, ownServer.url);
  await expect(there).toHaveURL(/^[^?]+\/settings\/security$/);
  await expect(there.getByRole('alert')).toHaveText('Your role needs a second factor. Set one up first.');
  await there.goto('/settings/profile');
  await expect(there).toHaveURL(/^[^?]+\/settings\/security$/);
  await setUp(there);
  await there.goto('/');
  await expect(there.getByRole('heading', { name: 'What is on your mind, Mei?' })).toBeVisible();
  await there.goto('/settings/security');
  await expect(there.getByText('Your role needs it, so it cannot be switched off.')).toBeVisible();
  await there.context().close();
});

test('the page that asks again takes password or code, and leads back', async ({ page, person, server }) => {
  test.setTimeout(150_000);
  await signIn(page, person);
  await page.goto('/confirm?next=/settings/security');
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert').first()).toHaveText('The password is not right.');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/^[^?]+\/settings\/security$/);
  const { codes } = await setUp(page);
  await page.goto('/confirm?next=//evil.example');
  await page.getByLabel('Code').fill(codes[7]!);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(`${server.url}/`);
});

const AGAIN = {
  'en-US': {
    setUp: 'Set up an authenticator app', title: 'Is it you?', wrong: 'The password is not right.', go: 'Continue',
    code: 'QR code for the authenticator app',
  },
  'zh-CN': { setUp: '设置验证器应用', title: '请验证身份', wrong: '密码不正确。', go: '继续', code: '验证器应用二维码' },
} as const;

for (const locale of ['en-US', 'zh-CN'] as const) {
  for (const javaScriptEnabled of [true, false]) {
    test.describe(`${locale}, ${javaScriptEnabled ? 'with' : 'without'} scripts`, () => {
      test.use({ locale, javaScriptEnabled });
      test.beforeEach(({ clean }) => {
        if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      });

      test('what is dangerous asks for the password again, refuses a wrong one, and leads back', async ({ page, person, server }) => {
        const words = AGAIN[locale];
        await signIn(page, person);
        server.forgetProofs(person);
        await page.goto('/settings/security');
        await page.getByRole('button', { name: words.setUp }).click();
        await expect(page).toHaveURL(/\/confirm\?next=\/settings\/security$/);
        await expect(page.getByRole('heading', { name: words.title })).toBeVisible();
        await page.locator('input[name=password]').fill('not this one');
        await page.getByRole('button', { name: words.go }).click();
        await expect(page.getByRole('alert').first()).toHaveText(words.wrong);
        // Nothing was done meanwhile, and nothing is forgiven.
        await page.goto('/settings/security');
        await page.getByRole('button', { name: words.setUp }).click();
        await expect(page).toHaveURL(/\/confirm\?next=\/settings\/security$/);
        await page.locator('input[name=password]').fill('not this one');
        await page.getByRole('button', { name: words.go }).click();
        await page.locator('input[name=password]').fill(PASSWORD);
        await page.getByRole('button', { name: words.go }).click();
        await expect(page).toHaveURL(/^[^?]+\/settings\/security$/);
        await page.getByRole('button', { name: words.setUp }).click();
        await expect(page.getByRole('img', { name: words.code })).toBeVisible();
      });
    });
  }
}

test('an administrator proves it again before somebody is locked, and comes back to whom it was about', async ({ ownServer, page, clean }) => {
  const [ada, mei] = [await register(ownServer.url, 'Ada'), await register(ownServer.url, 'Mei')];
  await signIn(page, ada, ownServer.url);
  const answer = await fetch(`${ownServer.url}/api/users/me/`, { headers: { authorization: `Bearer ${mei.access}` } });
  const { id } = (await answer.json()) as { id: string };
  const chat = new Chat(page);
  await chat.open(`${ownServer.url}/admin/users/${id}`);
  ownServer.forgetProofs(ada);
  clean.allow(/status 403|403 \(Forbidden\)/);
  await page.getByRole('link', { name: 'Lock', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lock' }).click();
  await expect(page).toHaveURL(new RegExp(`/confirm\\?next=/admin/users/${id}$`));
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(new RegExp(`/admin/users/${id}$`));
  await expect(page.locator('.person-tags')).toContainText('Active');
  await chat.alive();
  await page.getByRole('link', { name: 'Lock', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lock' }).click();
  await expect(page.locator('.person-tags')).toContainText('Locked');
});

test.describe('passkeys', () => {
  test.beforeEach(({ page: _ }, info) => info.setTimeout(120_000));

  test('a passkey is made, named, used by address and without, and removed', async ({ page, person, server }) => {
    const local = server.url.replace('127.0.0.1', 'localhost');
    const authenticator = await phone(page);
    await signIn(page, person, local);
    await page.goto(`${local}/settings/security`);
    const panel = page.locator('#passkeys');
    await panel.getByLabel('Name', { exact: true }).fill('Phone');
    await panel.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(panel.locator('.entry')).toContainText('Phone');
    await expect(panel.locator('.entry')).toContainText('not used yet');
    await panel.getByText('Rename').click();
    await panel.getByLabel('Name: Phone').fill('My phone');
    await panel.getByRole('button', { name: 'Save' }).click();
    await expect(panel.locator('.entry')).toContainText('My phone');

    // Without an address: the browser finds the passkey by itself.
    await page.context().clearCookies();
    await page.goto(`${local}/login?next=/settings/security`);
    await Promise.race([
      page.waitForURL(/\/settings\/security$/),
      page.getByRole('button', { name: 'Sign in with a passkey' }).click().catch(() => {}),
    ]);
    await expect(page).toHaveURL(/^[^?]+\/settings\/security$/);
    await expect(panel.locator('.entry')).toContainText('last used');
    // Nothing but the page itself, its style and one small script was fetched for that.

    // The session is fresh, so it is removed at once.
    await panel.getByRole('button', { name: 'Remove' }).click();
    await expect(panel.getByText('You have no passkey yet.')).toBeVisible();
    await authenticator.detach();
  });

  test('with an address, its passkeys are asked; a strange one is told so', async ({ page, person, server, clean }) => {
    const local = server.url.replace('127.0.0.1', 'localhost');
    const authenticator = await phone(page);
    await signIn(page, person, local);
    await page.goto(`${local}/settings/security`);
    await page.locator('#passkeys').getByLabel('Name', { exact: true }).fill('Phone');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.locator('#passkeys .entry')).toContainText('Phone');
    await page.context().clearCookies();
    // As browsers without that kind of offer: only the button asks.
    await page.addInitScript(() => {
      if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await page.goto(`${local}/login`);
    await page.getByLabel('E-mail').fill('nobody@example.org');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page.getByRole('alert')).toHaveText('That did not work with a passkey. Try again, or another way.');
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page).toHaveURL(`${local}/`);
    clean.allow(/./);
    await authenticator.detach();
  });

  test('under an address of numbers a sentence says why there are none', async ({ chat }) => {
    await chat.open('/settings/security');
    await expect(chat.page.locator('#passkeys')).toContainText('Passkeys belong to a host name');
    await expect(chat.page.getByRole('button', { name: 'Add a passkey' })).toHaveCount(0);
  });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('the app is set up and signed in with by plain forms', async ({ page, person, server }) => {
    test.setTimeout(150_000);
    await signIn(page, person);
    const { secret, codes } = await setUp(page);
    await page.getByRole('button', { name: 'I have them' }).click();
    await page.context().clearCookies();
    await half(page, person, '?next=/settings/profile');
    await early();
    await second(page, totp(secret));
    await expect(page).toHaveURL(/^[^?]+\/settings\/profile$/);
    await page.context().clearCookies();
    await half(page, person);
    await second(page, codes[4]!);
    await expect(page).toHaveURL(`${server.url}/`);
  });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(`in Chinese, ${javaScriptEnabled ? 'with' : 'without'} scripts`, () => {
    test.use({ locale: 'zh-CN', javaScriptEnabled });
    test.beforeEach(({ clean }) => {
      if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
    });

    test('双重验证的设置与登录', async ({ page, person, server }) => {
      test.setTimeout(150_000);
      await signIn(page, person);
      await page.goto('/settings/security');
      await page.getByRole('button', { name: '设置验证器应用' }).click();
      const secret = (await page.locator('.setup-key').textContent())!;
      await early();
      await page.getByLabel('验证码', { exact: true }).fill(totp(secret, -1));
      await page.getByRole('button', { name: '启用' }).click();
      await expect(page.getByRole('heading', { name: '您的恢复码' })).toBeVisible();
      const codes = await page.locator('.code-list code').allTextContents();
      await page.getByRole('button', { name: '我已保存' }).click();
      await expect(page.getByText('还剩 10 个恢复码。')).toBeVisible();
      await page.context().clearCookies();
      await half(page, person);
      await expect(page.getByRole('heading', { name: '还差一步' })).toBeVisible();
      await second(page, '000000');
      await expect(page.getByText('验证码不正确或已被使用。')).toBeVisible();
      await early();
      await second(page, totp(secret));
      await expect(page).toHaveURL(`${server.url}/`);
      // A recovery code stands in, and the browser is remembered with it.
      await page.context().clearCookies({ name: 'liao_session' });
      await half(page, person);
      await page.getByLabel('30 天内不再在此浏览器上询问').check();
      await second(page, codes[2]!);
      await expect(page).toHaveURL(`${server.url}/`);
      await page.context().clearCookies({ name: 'liao_session' });
      await signIn(page, person);
      await expect(page).toHaveURL(`${server.url}/`);
      await page.goto('/settings/security');
      await expect(page.getByText('还剩 9 个恢复码。')).toBeVisible();
      await page.getByRole('button', { name: '停用' }).click();
      await expect(page.getByRole('button', { name: '设置验证器应用' })).toBeVisible();
    });
  });
}
