//! The chat template of a model, as its GGUF file brings it: Jinja, as Hugging Face's own library renders it.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};

use super::super::{ChatRequest, LlmError, Turn};
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::server::clock::Clock;

/// For files without a template: ChatML, which most small models were trained on.
pub(super) const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}\
                                 {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// A compiled template with the tokens that it may name.
pub(super) struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl Template {
    /// Compiles the source; the tokens may be empty.
    pub fn new(source: &str, bos: String, eos: String) -> Result<Self, LlmError> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(refused)?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| Clock::default().now().format(&format).to_string());
        environment.add_template_owned("chat", source.to_owned()).map_err(refused)?;
        Ok(Self { environment, bos, eos })
    }

    /// The prompt of a conversation. One that ends with a turn of the assistant ends in the middle of that turn.
    pub fn render(&self, request: &ChatRequest) -> Result<String, LlmError> {
        let begun = request.turns.last().filter(|turn| turn.author == Author::Assistant);
        let system = request.system.iter().map(|text| context! { role => "system", content => text });
        let messages: Vec<Value> = system.chain(request.turns.iter().map(message)).collect();
        let template = self.environment.get_template("chat").map_err(refused)?;
        let values = context! {
            messages,
            add_generation_prompt => begun.is_none(),
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
            enable_thinking => true,
        };
        let mut prompt = template.render(values).map_err(refused)?;
        if let Some(begun) = begun {
            cut_after(&mut prompt, &begun.text);
        }
        Ok(prompt)
    }
}

fn message(turn: &Turn) -> Value {
    let role = match turn.author {
        Author::User => "user",
        Author::Assistant => "assistant",
    };
    context! { role, content => turn.text.as_str() }
}

/// Drops what the template wrote after the begun answer: the mark of its end. Some templates trim the text.
fn cut_after(prompt: &mut String, text: &str) {
    for text in [text, text.trim_end(), text.trim()] {
        if !text.is_empty()
            && let Some(at) = prompt.rfind(text)
        {
            return prompt.truncate(at + text.len());
        }
    }
}

fn refused(error: minijinja::Error) -> LlmError {
    let reason = error.detail().map_or_else(|| error.to_string(), str::to_owned);
    LlmError::new(FailureKind::Protocol, format!("The model's chat template does not take this conversation: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(system: Option<&str>, turns: &[(Author, &str)]) -> ChatRequest {
        let turns = turns.iter().map(|(author, text)| Turn::new(*author, *text)).collect();
        ChatRequest { system: system.map(Into::into), turns, ..ChatRequest::default() }
    }

    fn render(source: &str, request: &ChatRequest) -> Result<String, LlmError> {
        Template::new(source, "<s>".into(), "</s>".into())?.render(request)
    }

    #[test]
    fn a_conversation_is_rendered_as_the_template_says() {
        let talk = request(Some("Be brief."), &[(Author::User, "Hi {{ x }} <b>"), (Author::Assistant, "Hello"), (Author::User, "?")]);
        let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi {{ x }} <b><|im_end|>\n\
                        <|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(render(CHATML, &talk).unwrap(), expected);
    }

    #[test]
    fn a_begun_answer_stays_open() {
        let talk = |text| request(None, &[(Author::User, "Once"), (Author::Assistant, text)]);
        let expected = "<|im_start|>user\nOnce<|im_end|>\n<|im_start|>assistant\nOnce upon";
        assert_eq!(render(CHATML, &talk("Once upon")).unwrap(), expected);
        assert_eq!(render(CHATML, &talk("Once upon ")).unwrap(), format!("{expected} "));
        let trims = CHATML.replace("message['content']", "message['content'] | trim");
        assert_eq!(render(&trims, &talk("Once upon ")).unwrap(), expected);
    }

    #[test]
    fn what_real_templates_use_is_there() {
        let source = "{{ bos_token }}{%- if messages[0]['role'] == 'system' %}{{ messages[0].content.strip().upper() }}{% endif %}\n\
                      {%- for m in messages if m.role != 'system' %}{{ loop.index0 }}{{ m.role.startswith('us') }}{{ m | tojson }}{% endfor %}\
                      {{ strftime_now('%Y') | length }}{{ tools is defined }}{{ eos_token }}";
        let out = render(source, &request(Some(" x "), &[(Author::User, "a")])).unwrap();
        assert!(out.starts_with("<s>X0True") || out.starts_with("<s>X0true"), "{out}");
        assert!(out.contains(r#""content""#) && out.ends_with("</s>"), "{out}");
    }

    #[test]
    fn a_template_that_refuses_says_why() {
        let error = render("{{ raise_exception('Roles must alternate') }}", &request(None, &[])).unwrap_err();
        assert!(error.message.contains("Roles must alternate"), "{}", error.message);
        assert!(render("{% if %}", &request(None, &[])).is_err());
    }
}
