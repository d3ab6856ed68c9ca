// Making and finding elements. Words are always text, never markup.
export const byId = (id) => document.getElementById(id);

// el("p.why", {hidden: true}, "words", other): a tag with classes, properties, what is in it.
export function el(tag, given = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  made.classList.add(...classes);
  for (const [key, value] of Object.entries(given)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...inside.filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...inside) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" }, svg("use", { href: `#icon-${name}` }));

export const button = (words, press, kind = "quiet", picture = null) =>
  el(`button.button.${kind}`, { type: "button", onclick: press }, picture && icon(picture), words);

// Show one screen of the page.
export function showScreen(name) {
  for (const one of document.querySelectorAll(".screen")) one.hidden = one.id !== name;
  byId("verdict").hidden = name !== "verdict";
  byId("eye").hidden = !["desk", "verdict"].includes(name);
  byId("bar").hidden = ["gone", "verdict"].includes(name);
  document.body.dataset.screen = name;
  if (name !== "verdict") byId("verdict").replaceChildren();
  scrollTo(0, 0);
}

export const screenShown = () => document.body.dataset.screen;
