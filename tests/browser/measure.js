// What the tests ask of a page; measure.py puts it there.
window.measure = {
  nodes: () => document.querySelectorAll("*").length,

  wider: () => document.documentElement.scrollWidth - document.documentElement.clientWidth,

  barriers: async (tags) => {
    const told = await axe.run(document, { runOnly: { type: "tag", values: tags }, iframes: false });
    return told.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
  },

  // Fields without words beside them that everybody can see.
  unlabelled: () => {
    const seen = (label) => label.innerText.trim() && label.offsetWidth > 1;
    const fields = [...document.querySelectorAll("input:not([type=hidden], [tabindex='-1']), select, textarea")];
    return fields.filter((one) => one.checkVisibility() && ![...one.labels].some(seen)).map((one) => one.outerHTML.slice(0, 80));
  },

  // What Tab should stop at, in this order; of radio buttons at one of each group.
  stops: () => {
    const all = "a[href], button, input:not([type=hidden], [tabindex='-1']), select, textarea, summary, iframe, [tabindex='0']";
    const group = (one) => [...document.querySelectorAll("[type=radio]")].filter((other) => other.name === one.name);
    const entry = (one) => group(one).find((other) => other.checked) || group(one)[0];
    const stops = [...document.querySelectorAll(all)].filter(
      (one) => !one.disabled && one.checkVisibility() && (one.type !== "radio" || entry(one) === one),
    );
    const words = (one) => (one.id || one.value || one.innerText || "").trim().slice(0, 30);
    stops.forEach((one, place) => (one.dataset.stop = `${place} ${one.tagName} ${words(one)}`));
    return stops.map((one) => one.dataset.stop);
  },

  // Where the focus is; whether it is drawn, and nothing lies over it.
  focused: () => {
    const one = document.activeElement;
    const drawn = (element, part) => {
      const style = getComputedStyle(element, part);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    };
    const box = one.getBoundingClientRect();
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const free = over && (one.contains(over) || over.contains(one) || over.closest("label")?.control === one);
    const shown = drawn(one) || drawn(one, "::after") || (one.matches(".slot input") && drawn(one.nextElementSibling));
    return [one.dataset.stop, one.matches("iframe") || Boolean(shown && free)];
  },

  // Every text of the page, its title and the words that only a screen reader says.
  said: () => {
    const names = ["aria-label", "alt", "title"];
    const named = [...document.querySelectorAll("[aria-label], [alt], [title]")];
    const texts = named.flatMap((one) => names.map((name) => one.getAttribute(name) || ""));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (!walker.currentNode.parentElement.closest("[lang=en], script")) texts.push(walker.currentNode.data);
    }
    texts.push(document.title.replace(/ – [^–]*$/, ""), ...document.body.innerText.split("\n"));
    return [...new Set(texts.map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean))];
  },
};
