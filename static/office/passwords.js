// A button under each password that shows what is typed, and hides it again before the form leaves.
for (const form of document.querySelectorAll("form[data-show]")) {
  for (const field of form.querySelectorAll("input[type=password]")) {
    const button = document.createElement("button");
    const show = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? form.dataset.hide : form.dataset.show;
    };
    button.type = "button";
    button.className = "button quiet small";
    button.setAttribute("aria-controls", field.id);
    button.addEventListener("click", () => show(field.type === "password"));
    form.addEventListener("submit", () => show(false));
    show(false);
    field.after(button);
  }
}
