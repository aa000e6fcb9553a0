// An error of the server as sentences: what is wrong, and what to do.

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** The sentences of the answer of a request that failed. */
export function errorSentences(answer) {
  const { message, hint } = answer?.error ?? { message: "the server does not answer" };
  return [message, hint].filter(Boolean).map(sentence);
}
