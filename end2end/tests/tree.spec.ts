// The branches of a conversation: drawn, and chosen from; with and without scripts.
import { inLooks, sound } from '../fixtures/look';
import { converse } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

const WORDS = {
  'en-US': { again: 'Answer again', branches: 'Branches', menu: 'Chat menu', here: 'You are here', version: 'Version 1 of 2', folded: '… 9 messages', shown: 'The branch that is shown', beside: 'Other versions' },
  'zh-CN': { again: '重新回答', branches: '分支', menu: '对话菜单', here: '当前位置', version: '第 1 版，共 2 版', folded: '…… 9 条消息', shown: '当前显示的分支', beside: '其他版本' },
} as const;

inLooks(WORDS, ({ scripts, words }) => {
  test('a branch is found in the tree, and shown', async ({ page, person, server }) => {
    const id = await converse(server.url, person, 'First tides', 'fake/echo@0');
    for (const text of ['Second', 'Third', 'Fourth', 'Fifth', 'Sixth']) await converse(server.url, person, text, 'fake/echo@0', id);
    await signIn(page, person);
    await page.goto(`/chat/${id}`);
    const last = page.getByRole('article').last();
    if (scripts) await last.hover();
    await last.getByRole('button', { name: words.again, exact: true }).click();
    const versions = page.locator('.branch').last();
    await expect(versions).toContainText('2/2', { timeout: 20_000 });
    await versions.getByRole('link', { name: words.branches }).click();
    await expect(page).toHaveURL(/\/chats\/tree\//);

    const tree = page.getByRole('navigation', { name: words.branches });
    const line = tree.getByRole('list', { name: words.shown });
    await expect(line.locator('> li')).toHaveCount(4);
    await expect(line.locator('> li').first()).toContainText('First tides');
    await expect(line.locator('a[aria-current]')).toContainText(words.here);
    const other = line.getByRole('list', { name: words.beside }).getByRole('link');
    await expect(other).toContainText(words.version);
    await expect(other).toContainText('fake/echo@0');
    await sound(page, 'tree', scripts);

    // A folded run is opened in its place.
    await line.getByRole('link', { name: words.folded }).click();
    await expect(line.locator('> li')).toHaveCount(12);
    await expect(tree.getByRole('link', { name: /Third/ }).first()).toBeVisible();
    await sound(page, 'tree-opened', scripts);

    await line.getByRole('list', { name: words.beside }).getByRole('link').click();
    await expect(page).toHaveURL(new RegExp(`/chat/${id}\\?at=`));
    await expect(page.locator('.branch').last()).toContainText('1/2');
    await expect(page.getByRole('article').last()).toBeInViewport();

    // The chat's menu leads there, too, and the tree now is that of the other branch.
    await page.locator('[popovertarget=chat-menu]').click();
    await page.locator('#chat-menu').getByRole('link', { name: words.branches }).click();
    await expect(page.getByRole('list', { name: words.shown }).locator('a[aria-current]')).toContainText(words.version);
  });
});
