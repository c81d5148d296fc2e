"""All private classes of Delta and Spark that tidegate calls, and the public way beside each of them.

`names` lists what is called, `lookup` looks whether the JVM has it. `own_*` and `spark_plans` make the calls; `published_log` and
`public_commits` are what is done without them. The rest of `tables` chooses between the two; nothing else imports this folder.
"""
