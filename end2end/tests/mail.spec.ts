// Mail as people meet it: the first start, proving an address, a forgotten password, invitations, and what administrators set. The mail
// server is a real one, and every link is the one that was in the mail.
import { type Page, test as base } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { PASSWORD, freshEmail, register } from '../fixtures/api';
import { Clean } from '../fixtures/clean';
import { MailServer, link } from '../fixtures/mail';
import { Server } from '../fixtures/server';
import { expect, signIn } from '../fixtures/test';

const NEW = 'another calm river 43';
const ARTIFACTS = 'artifacts';

interface Fixtures {
  clean: Clean;
  mails: MailServer;
  /** A server that sends its mail to `mails`, with no account yet. */
  server: Server;
}

const test = base.extend<Fixtures>({
  mails: async ({}, use) => {
    const mails = new MailServer();
    await mails.start();
    await use(mails);
    mails.stop();
  },
  server: async ({ mails }, use) => {
    const server = new Server({ LIAO_SMTP_URL: mails.url, LIAO_MAIL_FROM: 'Liao <liao@example.org>' });
    await server.start();
    await use(server);
    await server.remove();
  },
  baseURL: async ({ server }, use) => use(server.url),
  clean: async ({}, use) => use(new Clean()),
  context: async ({ context, clean }, use) => {
    clean.watch(context);
    await use(context);
    expect(clean.rest()).toEqual([]);
  },
});

// Each test starts two servers and hashes several passwords.
test.beforeEach(() => test.slow());

const WORDS = {
  'en-US': {
    begin: 'Begin', email: 'E-mail', name: 'Name', password: 'Password', greeting: /What is on your mind/, verify: /^Confirm your e-mail/,
    confirm: 'Confirm my address', confirmed: 'Confirmed', forgot: 'Forgot your password?', send: 'Send the link', look: 'Look into your mail',
    reset: /^Set a new password/, fresh: 'New password', set: 'Set the password', isSet: /Your new password is set/, signIn: 'Sign in',
    create: 'Create account', only: 'By invitation', invite: 'Send the invitation', invited: /An invitation to/, invitation: /^You are invited/,
    by: /invited you/, closed: 'Registration is closed',
  },
  'zh-CN': {
    begin: '开始使用', email: '邮箱', name: '名字', password: '密码', greeting: /想聊点什么/, verify: /^请确认您的邮箱/,
    confirm: '确认我的地址', confirmed: '已确认', forgot: '忘记密码？', send: '发送链接', look: '请查收邮件',
    reset: /^重置密码/, fresh: '新密码', set: '设置密码', isSet: /新密码已设置/, signIn: '登录',
    create: '注册', only: '仅限邀请', invite: '发送邀请', invited: /邀请已在途中/, invitation: /^邀请您加入/,
    by: /邀请了您/, closed: '注册已关闭',
  },
} as const;

async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide, name).toBeLessThanOrEqual(room!);
  await page.screenshot({ path: `${ARTIFACTS}/mail-${name}.png`, animations: 'disabled' });
}

const field = (page: Page, name: string) => page.locator(`input[name=${name}]`);

for (const locale of ['en-US', 'zh-CN'] as const) {
  const words = WORDS[locale];
  for (const javaScriptEnabled of [true, false]) {
    test.describe(`${locale}, ${javaScriptEnabled ? 'with' : 'without'} scripts`, () => {
      test.use({ locale, javaScriptEnabled });
      test.beforeEach(({ clean }) => {
        if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      });

      test('the first account is made, its address proved, its password forgotten and set', async ({ page, server, mails }) => {
        const email = freshEmail();
        await page.goto('/');
        await expect(page).toHaveURL(/\/welcome$/);
        await shot(page, `welcome-${locale}`);
        await field(page, 'email').fill(email);
        await field(page, 'name').fill('Ada');
        await field(page, 'password').fill(PASSWORD);
        await page.getByRole('button', { name: words.begin }).click();
        await expect(page.getByRole('heading', { name: words.greeting })).toBeVisible();

        const mail = await mails.to(email, words.verify);
        await page.goto(link(mail));
        await shot(page, `verify-${locale}`);
        await page.getByRole('button', { name: words.confirm }).click();
        await expect(page.getByRole('heading', { name: words.confirmed })).toBeVisible();
        await page.goto(link(mail));
        await page.getByRole('button', { name: words.confirm }).click();
        await expect(page.getByRole('heading', { name: words.confirmed })).toHaveCount(0);

        await page.context().clearCookies({ name: 'liao_session' });
        await page.goto('/login');
        await page.getByRole('link', { name: words.forgot }).click();
        await field(page, 'email').fill(email);
        await page.getByRole('button', { name: words.send }).click();
        await expect(page.getByRole('heading', { name: words.look })).toBeVisible();
        await page.goto(link(await mails.to(email, words.reset)));
        await shot(page, `reset-${locale}`);
        await field(page, 'password').fill('password1');
        await page.getByRole('button', { name: words.set }).click();
        await expect(page.locator('#password-error')).toBeVisible();
        await field(page, 'password').fill(NEW);
        await page.getByRole('button', { name: words.set }).click();
        await expect(page.getByRole('status').filter({ hasText: words.isSet })).toBeVisible();
        await field(page, 'email').fill(email);
        await field(page, 'password').fill(NEW);
        await page.getByRole('button', { name: words.signIn, exact: true }).click();
        await expect(page.getByRole('heading', { name: words.greeting })).toBeVisible();
        expect(server.url).not.toBe('');
      });

      test('who is invited makes an account, others do not, and a closed server says so', async ({ page, server, mails, browser }) => {
        const admin = await register(server.url, 'Root');
        await signIn(page, admin, server.url);
        await page.goto('/admin/settings/registration');
        await page.locator('input[name=mode][value=invitation]').check();
        await page.locator('form:has(input[name=mode]) button[type=submit]').click();
        await expect(page.locator('.saved')).toBeVisible();
        const guest = freshEmail();
        await page.locator('#invite input[name=email]').fill(guest);
        await page.getByRole('button', { name: words.invite }).click();
        await expect(page.getByRole('status').filter({ hasText: words.invited })).toBeVisible();
        await shot(page, `registration-${locale}`);

        const other = await browser.newContext({ locale, javaScriptEnabled, baseURL: server.url });
        const door = await other.newPage();
        await door.goto('/register');
        await expect(door.getByRole('heading', { name: words.only })).toBeVisible();
        await door.goto(link(await mails.to(guest, words.invitation)));
        await expect(door.getByText(words.by)).toBeVisible();
        await expect(field(door, 'email')).toHaveValue(guest);
        await shot(door, `invited-${locale}`);
        await field(door, 'password').fill(PASSWORD);
        await door.getByRole('button', { name: words.create }).click();
        await expect(door.getByRole('heading', { name: words.greeting })).toBeVisible();

        await page.goto('/admin/settings/registration');
        await page.locator('input[name=mode][value=closed]').check();
        await page.locator('form:has(input[name=mode]) button[type=submit]').click();
        await expect(page.locator('.saved')).toBeVisible();
        await other.clearCookies();
        await door.goto('/register');
        await expect(door.getByRole('heading', { name: words.closed })).toBeVisible();
        await other.close();
      });
    });
  }
}

test('another address and another password, with a meter that says how good it is', async ({ page, server, mails }) => {
  const admin = await register(server.url, 'Root');
  await signIn(page, admin, server.url);
  await page.goto('/settings/security');
  await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
  await page.getByText('Change the address').first().click();
  const fresh = freshEmail();
  await field(page, 'email').fill(fresh);
  await page.locator('#email form button.seal-button').click();
  await expect(page.getByText(`${fresh} takes its place`)).toBeVisible();
  expect((await mails.to(admin.email, /is to be changed$/)).text).toContain(fresh);
  await page.goto(link(await mails.to(fresh, /^Confirm/)));
  await page.getByRole('button', { name: 'Confirm my address' }).click();
  await expect(page.getByRole('heading', { name: 'Confirmed' })).toBeVisible();
  await mails.to(admin.email, /was changed$/);

  await page.goto('/settings/security');
  await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
  await expect(page.locator('.address')).toContainText(`${fresh} Confirmed`);
  await field(page, 'new_password').fill('password1');
  await expect(page.locator('.strength')).toContainText('Many people use this one.');
  await shot(page, 'security');
  await field(page, 'new_password').fill(NEW);
  await expect(page.locator('.strength')).toContainText(/Good|Strong/);
  await field(page, 'current_password').fill('not this one');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This is not your password.' })).toBeVisible();
  await field(page, 'current_password').fill(PASSWORD);
  await field(page, 'new_password').fill(NEW);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await mails.to(fresh, /^Your password was changed$/);
});

test('who has to prove the address reads why, and asks for the mail again', async ({ page, server, clean }) => {
  clean.allow(/403/);
  const admin = await register(server.url, 'Root');
  await signIn(page, admin, server.url);
  await page.goto('/admin/settings/registration');
  await page.locator('input[name=verification]').check();
  await page.locator('form:has(input[name=mode]) button[type=submit]').click();
  await expect(page.locator('.saved')).toBeVisible();
  await page.goto('/');
  await expect(page.locator('.banner')).toContainText(admin.email);
  await shot(page, 'banner');
  await page.getByRole('button', { name: 'Send the link again' }).click();
  await expect(page).toHaveURL(/\/settings\/security/);
});

test('administrators test the mail server, look at every letter and read the outbox', async ({ page, server, mails }) => {
  const admin = await register(server.url, 'Root');
  await signIn(page, admin, server.url);
  await page.goto('/admin/settings/mail');
  await page.locator('#test button[type=submit]').click();
  await expect(page.locator('.test-found')).toContainText('250 2.0.0 Ok: queued as 4Fk2');
  await mails.to(admin.email, /^A test from/);
  await shot(page, 'settings');
  await page.locator('select[name=letter]').selectOption('reset_password');
  await page.locator('select[name=language]').selectOption('zh-CN');
  await page.locator('#letters button[type=submit]').click();
  // The frame runs no script, also none of a test's: what it shows is in its attribute, and in the picture.
  await expect(page.locator('iframe.letter')).toHaveAttribute('srcdoc', /设置新密码/);
  await page.locator('#letters').scrollIntoViewIfNeeded();
  await shot(page, 'letter');
  // Two letters for the newcomer: the link, and the browser that nobody had seen before.
  const confirm = page.locator('.mails .mail').filter({ hasText: 'Confirm your e-mail address' });
  await expect(confirm.first()).toBeVisible();
  await page.locator('.mails').scrollIntoViewIfNeeded();
  await shot(page, 'outbox');
  await confirm.first().getByRole('link').first().click();
  await expect(page.getByText('It was sent, so its text is gone.')).toBeVisible();
});

test('without a mail server the outbox holds what administrators read', async ({ page, clean }) => {
  const server = new Server();
  await server.start();
  const admin = await register(server.url, 'Root');
  await signIn(page, admin, server.url);
  clean.allow(/never/);
  await page.goto(`${server.url}/admin/settings/mail`);
  await expect(page.getByText('There is no mail server yet.')).toBeVisible();
  await page.locator('.mails .mail').filter({ hasText: 'Confirm your e-mail address' }).first().getByRole('link').first().click();
  await expect(page.locator('iframe.letter')).toHaveAttribute('srcdoc', /Confirm this address/);
  await shot(page, 'held');
  await server.remove();
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('邮箱的确认与更换、密码的更改，以及管理员的邮件设置与发件箱', async ({ page, server, mails, clean }) => {
    clean.allow(/403/);
    const admin = await register(server.url, 'Root');
    await signIn(page, admin, server.url);
    await page.goto('/admin/settings/registration');
    await page.getByLabel('确认邮箱地址后才能对话').check();
    await page.locator('form:has(input[name=mode]) button[type=submit]').click();
    await expect(page.locator('.saved')).toBeVisible();
    await page.goto('/');
    await expect(page.locator('.banner')).toContainText(`请先确认邮箱地址再开始对话：链接已发送到 ${admin.email}。`);
    await page.getByRole('button', { name: '重新发送链接' }).click();
    await expect(page).toHaveURL(/\/settings\/security/);

    await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
    await page.getByText('更改邮箱').first().click();
    const fresh = freshEmail();
    await field(page, 'email').fill(fresh);
    await page.locator('#email form button.seal-button').click();
    await expect(page.getByText(`${fresh} 确认后将取代当前地址`)).toBeVisible();
    // Letters are in the language that the account was made in, which no page chose.
    await mails.to(admin.email, /is to be changed$|即将更改$/);
    await page.goto(link(await mails.to(fresh, /^Confirm|^请确认/)));
    await page.getByRole('button', { name: '确认我的地址' }).click();
    await expect(page.getByRole('heading', { name: '已确认' })).toBeVisible();
    await page.goto('/');
    await expect(page.locator('.banner')).toHaveCount(0);

    await page.goto('/settings/security');
    await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
    await expect(page.locator('.address')).toContainText(`${fresh} 已确认`);
    await field(page, 'new_password').fill('password1');
    await expect(page.locator('.strength')).toContainText('很多人都在使用这个密码。');
    await field(page, 'new_password').fill(NEW);
    await field(page, 'current_password').fill('not this one');
    await page.getByRole('button', { name: '更改密码' }).click();
    await expect(page.getByRole('alert').filter({ hasText: '密码不正确。' })).toBeVisible();
    await field(page, 'current_password').fill(PASSWORD);
    await field(page, 'new_password').fill(NEW);
    await page.getByRole('button', { name: '更改密码' }).click();
    await expect(page.getByText('密码已更改，其他登录均已退出。')).toBeVisible();

    await page.goto('/admin/settings/mail');
    await page.getByRole('button', { name: '发送测试邮件' }).click();
    await expect(page.locator('.test-found')).toContainText('邮件服务器已接收：');
    await page.locator('select[name=letter]').selectOption('invitation');
    await page.locator('select[name=language]').selectOption('zh-CN');
    await page.locator('#letters').getByRole('button', { name: '查看' }).click();
    await expect(page.locator('iframe.letter')).toHaveAttribute('srcdoc', /邀请/);
    await page.locator('.mails .mail').first().getByRole('link').first().click();
    await expect(page.getByText('已发送，正文已删除。')).toBeVisible();
    await shot(page, 'sent-zh');
  });
});
