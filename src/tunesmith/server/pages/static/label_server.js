// What the page for labelling asks of its server.

import { errorSentences } from "./sentences.js";

export class LabelServer {
  /**
   * @param {{address: string, model: string}} place of the page, and the model whose vectors are used
   * @param {Function} complain shows the message of an error
   */
  constructor({ address, model }, complain) {
    this.address = address;
    this.model = model;
    this.complain = complain;
  }

  fetched(part, given = {}, options = undefined) {
    return fetch(`${this.address}/${part}?${new URLSearchParams({ model: this.model, ...given })}`, options);
  }

  async asked(part, given, sent) {
    const headers = { "Content-Type": "application/json" };
    const options = sent && { method: "POST", headers, body: JSON.stringify(sent) };
    const answer = await this.fetched(part, given, options);
    if (answer.ok) return answer.json();
    this.complain(errorSentences(await answer.json().catch(() => null)).join(" "));
    return null;
  }

  async html(part, given) {
    const answer = await this.fetched(part, given);
    return answer.ok ? answer.text() : "";
  }

  async bytes(part) {
    const answer = await this.fetched(part);
    return answer.ok ? answer.arrayBuffer() : null;
  }
}
