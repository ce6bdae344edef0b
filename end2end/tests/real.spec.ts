// A real model behind a server of OpenAI's shape that nobody here wrote, end to end: in the browser, and in each of the tongues that the server
// speaks. Needs weights: LIAO_MODEL names the file.
import { register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { ModelServer } from '../fixtures/model';
import { expect, signIn, test } from '../fixtures/test';

const QUESTION = 'What is the capital of France? Answer with one word.';

const weights = process.env.LIAO_MODEL;
if (weights) {
  test("llama.cpp's server answers in the browser and through three APIs, counts, and says what is too long", async ({ page, ownServer }) => {
    test.setTimeout(120_000);
    const model = new ModelServer();
    await model.start(weights);
    try {
      const ada = await register(ownServer.url, 'Ada');
      const post = async (path: string, body: unknown) => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${ada.access}` };
        const answer = await fetch(`${ownServer.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        return { status: answer.status, body: (await answer.json()) as { content?: string; detail?: string; usage?: Record<string, number> } };
      };
      for (const [slug, kind, path, api] of [['chat', 'openai', '/v1', 'chat'], ['responses', 'openai', '/v1', 'responses'], ['messages', 'anthropic', '', 'chat']]) {
        const form = { slug, kind, api, base_url: `${model.url}${path}`, enabled: true, private: true };
        expect((await post('/api/llm/configs/', form)).status).toBe(201);
      }
      const parameters = { temperature: 0, max_tokens: 24 };
      for (const slug of ['chat', 'responses', 'messages']) {
        const said = await post('/api/llm/chat/', { message: QUESTION, model: `${slug}/smollm2`, ...parameters });
        expect(said.body.content, slug).toContain('Paris');
        // Its own tokenizer counted: the template's tokens are among them.
        expect(said.body.usage, slug).toMatchObject({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) });
        expect(said.body.usage!.input_tokens, slug).toBeGreaterThan(20);
        expect(said.body.usage!.output_tokens, slug).toBeGreaterThan(0);
      }
      const long = await post('/api/llm/chat/', { message: 'word '.repeat(1_500), model: 'chat/smollm2' });
      expect([long.status, long.body.detail]).toEqual([502, expect.stringContaining('context size')]);

      await signIn(page, ada, ownServer.url);
      const chat = new Chat(page);
      await chat.open(`${ownServer.url}/`);
      await chat.ask(QUESTION, 'chat/smollm2');
      await chat.finished(60_000);
      await expect(chat.prose).toContainText('France');
      await page.reload();
      await expect(chat.prose).toContainText('France');
    } finally {
      model.stop();
    }
  });
}
