// Runs in the console's page, by its own modules: everything that it offers to send.
(async () => {
  const load = (name) => import(`/console/${name}.js`);
  const [{ loadDescription }, { field }, { settings }] = await Promise.all(
    ["description", "form", "server"].map(load),
  );
  const description = await loadDescription();
  const who = () => ({ user: "ada", name: "Ada", token: "a-token" });
  return description.contracts.flatMap((contract) => {
    const said = contract.endpoints.flatMap(({ path }) =>
      description.messages(contract, path.replace("{path}", settings.path), who),
    );
    const offers = (side, kinds) =>
      kinds.map(({ name, schema, example }) => {
        const shown = example();
        const read = field(schema, shown, { label: name }).read();
        return { contract: contract.name, side, kind: name, example: shown, read };
      });
    return [...offers("client", said), ...offers("backend", description.posts(contract, who))];
  });
})();
