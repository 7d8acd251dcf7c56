"""Find the method that helps on your images.

  python -m seal_tf.study --dataset=image_folder --data_dir=photos.zip --hours=2

The command measures an epoch on this machine, lays out a plan for the hours
(--dry_run prints it), tunes every candidate on images held out of the training
set, trains the best ones with several seeds, and writes study.html: which
method is better, by how many points, and the command that trains it. Rerun the
same command to resume. Start it several times, on one or more machines, with
the same --storage to share the work.
"""
