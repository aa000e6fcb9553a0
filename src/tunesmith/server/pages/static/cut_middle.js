// Long names of labels often have the same beginning, so they are cut in the middle.

/** The name with an ellipsis in its middle if it has more characters. */
export function cutMiddle(name, most) {
  const letters = [...name];
  if (letters.length <= most) return name;
  const ending = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - ending).join("")}…${letters.slice(-ending).join("")}`;
}
