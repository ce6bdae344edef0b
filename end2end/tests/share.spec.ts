// Sharing a conversation by a link, and saving it as a file: made, read by others without an account or a script, ended.
import AxeBuilder from '../fixtures/axe';
import { readFileSync } from 'node:fs';
import { converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': {
    menu: 'Chat menu', share: 'Share or export', make: 'Make a link', end: 'End', once: 'opened once', gone: 'This link leads nowhere',
    signIn: 'Only to people who are signed in here', closed: 'Sign in to read this', take: 'Continue in my own chats', html: 'Web page', link: /^Link to /,
  },
  'zh-CN': {
    menu: '对话菜单', share: '分享或导出', make: '创建链接', end: '停用', once: '已打开 1 次', gone: '此链接无效',
    signIn: '仅限在此登录的用户', closed: '请登录后阅读', take: '在我的对话中继续', html: '网页', link: /的链接$/,
  },
} as const;

for (const locale of ['en-US', 'zh-CN'] as const) {
  for (const javaScriptEnabled of [true, false]) {
    test.describe(`${locale}, ${javaScriptEnabled ? 'with' : 'without'} scripts`, () => {
      test.use({ locale, javaScriptEnabled });
      test.beforeEach(({ clean }) => {
        if (!javaScriptEnabled) clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
      });

      test('a chat is shared, read by somebody without an account, and not any more', async ({ page, person, server, browser, clean }) => {
        const words = WORDS[locale];
        const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
        await signIn(page, person);
        await page.goto(`/chat/${id}`);
        await page.locator('[popovertarget=chat-menu]').click();
        await page.getByRole('link', { name: words.share }).click();
        await expect(page).toHaveURL(new RegExp(`/settings/shares\\?chat=${id}$`));
        await page.getByRole('button', { name: words.make }).click();
        const link = page.getByRole('textbox', { name: words.link });
        await expect(link).toHaveCount(1);
        const url = await link.inputValue();
        expect(url).toMatch(new RegExp(`^${server.url}/share/[\\w-]{40,}$`));

        const context = await browser.newContext({ locale, javaScriptEnabled: false });
        clean.watch(context);
        const there = await context.newPage();
        await there.goto(url);
        await expect(there.getByRole('heading', { name: 'A tour of Markdown' })).toBeVisible();
        await expect(there.locator('.question .bubble')).toHaveText('Show me everything');
        await expect(there.locator('meta[name=robots]')).toHaveAttribute('content', 'noindex, nofollow');
        await expect(there.locator('meta[property="og:title"]')).toHaveAttribute('content', /.+/);
        expect(await there.locator('script[src]:not([src="/blocks.js"])').count()).toBe(0);

        await page.reload();
        await expect(page.getByText(words.once)).toBeVisible();
        await page.getByRole('button', { name: words.end, exact: true }).click();
        await expect(link).toHaveCount(0);
        await there.reload();
        await expect(there.getByRole('heading', { name: words.gone })).toBeVisible();
        clean.allow(/404/);
        await context.close();
      });

      test('who is not signed in reads no link for those who are', async ({ page, person, server, browser, clean }) => {
        const words = WORDS[locale];
        const id = await converse(server.url, person, 'For us', 'fake/echo@0');
        await signIn(page, person);
        await page.goto(`/settings/shares?chat=${id}`);
        await page.getByLabel(words.signIn).check();
        await page.getByRole('button', { name: words.make }).click();
        const url = await page.getByRole('textbox', { name: words.link }).inputValue();
        const context = await browser.newContext({ locale, baseURL: server.url });
        clean.watch(context);
        clean.allow(/401/);
        const there = await context.newPage();
        await there.goto(url);
        await expect(there.getByRole('heading', { name: words.closed })).toBeVisible();
        await signIn(there, await register(server.url, 'Bo'), server.url);
        await there.goto(url);
        await expect(there.locator('.question .bubble')).toHaveText('For us');
        await there.getByRole('button', { name: words.take }).click();
        await expect(there).toHaveURL(/\/chat\/[\w-]+$/);
        expect(there.url()).not.toContain(id);
        await expect(there.locator('.question .bubble')).toHaveText('For us');
        await context.close();
      });
    });
  }
}

test('a chat is saved in every form', async ({ chat, person, server }) => {
  const id = await converse(server.url, person, 'Show me <b>everything</b>', 'fake/markdown@0');
  await chat.open(`/settings/shares?chat=${id}`);
  const saved = async (name: string) => {
    const [file] = await Promise.all([chat.page.waitForEvent('download'), chat.page.getByRole('link', { name, exact: true }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync((await file.path())!, 'utf8') };
  };
  const markdown = await saved('Markdown');
  expect(markdown.name).toMatch(/\.md$/);
  expect(markdown.text).toContain('# A tour of Markdown');
  const page = await saved('Web page');
  expect(page.text).toContain('Show me &lt;b&gt;everything&lt;/b&gt;');
  expect((await saved('Text')).name).toMatch(/\.txt$/);
  const json = JSON.parse((await saved('JSON, all branches')).text) as { messages: unknown[] };
  expect(json.messages).toHaveLength(2);
});

for (const [name, look] of [
  ['light', { viewport: { width: 1280, height: 860 }, locale: 'en-US', colorScheme: 'light' }],
  ['dark-phone', { viewport: { width: 390, height: 844 }, locale: 'zh-CN', colorScheme: 'dark', isMobile: true, hasTouch: true }],
] as const) {
  test.describe(`pictures, ${name}`, () => {
    test.use(look);

    test('links, and what they lead to', async ({ page, person, server }) => {
      const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
      const chat = new Chat(page);
      await signIn(page, person);
      await chat.open(`/settings/shares?chat=${id}`);
      await page.locator('#share button[type=submit]').click();
      const link = page.locator('.share-link input');
      await expect(link).toBeVisible();
      const look = async (what: string) => {
        // Browsers let what scrolls have the focus by themselves; only a script of the chat says so to axe.
        const { violations } = await new AxeBuilder({ page }).disableRules('scrollable-region-focusable').analyze();
        const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect(grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`), what).toEqual([]);
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        expect(wide, what).toBeLessThanOrEqual(room!);
        await page.screenshot({ path: `artifacts/${what}-${name}.png`, animations: 'disabled' });
      };
      await look('shares');
      await page.goto(await link.inputValue());
      await look('shared');
    });
  });
}
