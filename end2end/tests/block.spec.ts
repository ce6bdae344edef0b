// What stands in an answer is taken along: tables, code, formulas, and what is selected.
import { readFileSync } from 'node:fs';
import AxeBuilder from '../fixtures/axe';
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const tools = (page: Page) => page.getByRole('toolbar', { name: /^(With this block|对此内容块的操作)$/ });

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

test('a table is copied as CSV and as Markdown, a formula as LaTeX', async ({ chat, page }) => {
  await chat.hear('Show me everything', 'fake/markdown@0');
  await expect(tools(page)).toHaveCount(0);
  const height = () => chat.prose.evaluate((prose) => prose.scrollHeight);
  const before = await height();
  await chat.answer.getByRole('cell', { name: 'PostgreSQL' }).hover();
  await expect(tools(page)).toHaveCount(1);
  expect(await height(), 'nothing moves').toBe(before);
  await accessible(page);
  await page.screenshot({ path: 'artifacts/block-table.png' });
  await tools(page).getByRole('button', { name: 'Copy as CSV' }).click();
  await expect(tools(page).getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await clipboard(page)).toBe('Engine,Language,Stars\r\nSQLite,C,"7,000"\r\nPostgreSQL,C,"16,000"\r\n聊,Rust,1');
  await tools(page).getByRole('button', { name: 'Copy as Markdown' }).click();
  await expect.poll(() => clipboard(page)).toBe(
    '| Engine | Language | Stars |\n| --- | :-: | --: |\n| SQLite | C | 7,000 |\n| PostgreSQL | C | 16,000 |\n| 聊 | Rust | 1 |',
  );
  // By keys: the formula is a stop of its own.
  await chat.answer.locator('math[display=block]').focus();
  const source = tools(page).getByRole('button', { name: 'Copy LaTeX' });
  await expect(source).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(source).toBeFocused();
  await page.keyboard.press('Enter');
  await expect.poll(() => clipboard(page)).toContain('\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}');
  await page.keyboard.press('Escape');
  await expect(tools(page)).toHaveCount(0);
});

test('a table of two hundred rows is one, though it is written in parts', async ({ page, person, server }) => {
  const rows = Array.from({ length: 200 }, (_, i) => `| ${i + 1} | a \\| b |`);
  const id = await converse(server.url, person, `| No. | Text |\n| --- | --- |\n${rows.join('\n')}`, 'fake/echo@0');
  await signIn(page, person);
  const chat = new Chat(page);
  await chat.open(`/chat/${id}`);
  await chat.answer.getByRole('cell', { name: '150', exact: true }).hover();
  await tools(page).getByRole('button', { name: 'Copy as CSV' }).click();
  await expect.poll(async () => (await clipboard(page)).split('\r\n').length).toBe(201);
  expect((await clipboard(page)).split('\r\n').at(-1)).toBe('200,a | b');
});

test('code is saved as a file, wrapped and folded', async ({ page, person, server }) => {
  const lines = Array.from({ length: 40 }, (_, i) => `print(${i}) # ${'long '.repeat(40)}`);
  const id = await converse(server.url, person, `\`\`\`python\n${lines.join('\n')}\n\`\`\``, 'fake/echo@0');
  await signIn(page, person);
  const chat = new Chat(page);
  await chat.open(`/chat/${id}`);
  const code = chat.answer.locator('pre').first();
  await chat.answer.locator('figcaption').first().hover();
  const saving = page.waitForEvent('download');
  await tools(page).getByRole('button', { name: 'Download' }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe('code.py');
  expect(readFileSync(await file.path(), 'utf8')).toBe(`${lines.join('\n')}\n`);
  const wide = () => code.evaluate((pre) => pre.scrollWidth > pre.clientWidth);
  expect(await wide()).toBe(true);
  await tools(page).getByRole('button', { name: 'Wrap lines' }).click();
  expect(await wide()).toBe(false);
  await tools(page).getByRole('button', { name: 'Fold' }).click();
  await expect(tools(page).getByRole('button', { name: 'Fold' })).toHaveAttribute('aria-pressed', 'true');
  expect((await code.boundingBox())?.height).toBeLessThan(200);
  await accessible(page);
  await page.screenshot({ path: 'artifacts/block-code.png' });
});

test('what is selected in an answer is quoted in the next question', async ({ chat, page }) => {
  await chat.hear('First line.\n\nSecond line.', 'fake/echo@0');
  await chat.composer.fill('Before.');
  await chat.prose.evaluate((prose) => getSelection()?.selectAllChildren(prose));
  const quote = page.getByRole('button', { name: 'Quote', exact: true });
  await expect(quote).toBeVisible();
  await page.screenshot({ path: 'artifacts/block-quote.png' });
  await quote.click();
  await expect(quote).toHaveCount(0);
  await expect(chat.composer).toHaveValue('Before.\n\n> First line.\n>\n> Second line.\n\n');
  await expect(chat.composer).toBeFocused();
  await page.reload();
  await chat.alive();
  await expect(chat.composer, 'it is part of the draft').toHaveValue('Before.\n\n> First line.\n>\n> Second line.\n\n');
  // What is selected elsewhere is nobody's words.
  await page.getByRole('heading', { level: 1 }).evaluate((heading) => getSelection()?.selectAllChildren(heading));
  await page.waitForTimeout(300);
  await expect(quote).toHaveCount(0);
});

test('what is still being written has no tools', async ({ chat }) => {
  await chat.ask('Slowly', 'fake/markdown@30');
  await expect(chat.answer.locator('figure pre').first()).toContainText('fibonacci', { timeout: 15_000 });
  const open = chat.answer.locator('.blocks > .b:last-child figure pre');
  if (await open.count()) await open.first().hover({ timeout: 1_000 }).catch(() => {});
  expect(await chat.answer.locator('.blocks > .b:last-child .block-tools').count()).toBe(0);
  await chat.stop.click();
  await chat.finished();
});

test.describe('on a phone, in Chinese, in the dark', () => {
  test.use({ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  test('a touch brings the tools, and they fit', async ({ page, person, server }) => {
    const id = await converse(server.url, person, 'Show me everything', 'fake/markdown@0');
    await signIn(page, person);
    const chat = new Chat(page);
    await chat.open(`/chat/${id}`);
    await chat.answer.getByRole('cell', { name: 'PostgreSQL' }).tap();
    await expect(tools(page).getByRole('button', { name: '复制为 CSV' })).toBeVisible();
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    expect(wide).toBeLessThanOrEqual(room);
    await accessible(page);
    await page.screenshot({ path: 'artifacts/block-phone-zh.png' });
    await chat.answer.locator('figure pre').first().tap();
    await expect(tools(page).getByRole('button', { name: '下载' })).toBeVisible();
    await page.screenshot({ path: 'artifacts/block-code-phone-zh.png' });
  });
});

test('an answer is found good or bad, with a reason, and that is taken back', async ({ chat, page, clean }) => {
  await chat.hear('Hello', 'fake/echo@0');
  const [good, bad] = [chat.answer.getByRole('button', { name: 'Good answer' }), chat.answer.getByRole('button', { name: 'Bad answer' })];
  await good.click();
  await expect(good).toHaveAttribute('aria-pressed', 'true');
  const why = page.getByRole('form', { name: 'Why?' });
  await expect(why).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(good).toBeFocused();
  await bad.click();
  await expect(good).toHaveAttribute('aria-pressed', 'false');
  await why.getByLabel('Wrong').check();
  await why.getByRole('textbox').fill('It says only what I said.');
  await accessible(page);
  await page.screenshot({ path: 'artifacts/rate-why.png' });
  await why.getByRole('button', { name: 'Send' }).click();
  await expect(why).toHaveCount(0);
  await page.reload();
  await chat.alive();
  await expect(bad).toHaveAttribute('aria-pressed', 'true');
  await bad.click();
  await expect(bad).toHaveAttribute('aria-pressed', 'false');
  await page.reload();
  await chat.alive();
  await expect(good).toHaveAttribute('aria-pressed', 'false');
  await page.waitForLoadState('networkidle');
  await expect(bad).toHaveAttribute('aria-pressed', 'false');
  // What is not kept is not shown as kept.
  clean.allow(/503/);
  await page.route('**/feedback/', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 503, json: {} }) : route.continue()));
  await good.click();
  await expect(chat.answer.getByRole('alert')).toHaveText('That could not be kept. Try again.');
  await expect(good).toHaveAttribute('aria-pressed', 'false');
});
