"""All calls of private classes of Delta and Spark, and a public replacement for each of them.

`names` lists the classes and methods, and `lookup` checks whether the JVM has them. `own_*` and `spark_plans` make the calls.
`published_log` and `public_commits` replace them where an upgrade removed a class. The rest of `tables` chooses between the two;
no other package imports this folder.
"""
